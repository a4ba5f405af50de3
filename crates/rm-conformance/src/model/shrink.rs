//! Delta debugging: a shorter sequence that still fails, by removing ever smaller pieces.

/// Runs that one search may cost.
const RUNS: usize = 2000;

/// The shortest sequence that `fails`, as far as removing pieces leads to one; all of `items` if they do not fail.
pub(super) fn shrink<T: Clone>(items: &[T], fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut left = items.to_vec();
    let mut runs = 0;
    let mut piece = left.len().div_ceil(2);
    while piece > 0 && runs < RUNS {
        let mut start = 0;
        let mut removed = false;
        // The end first costs nothing extra and cuts what came after the failure.
        while start < left.len() && runs < RUNS {
            let from = left.len().saturating_sub(start + piece);
            let mut shorter = left[..from].to_vec();
            shorter.extend_from_slice(&left[left.len() - start..]);
            runs += 1;
            if fails(&shorter) {
                left = shorter;
                removed = true;
            } else {
                start += piece;
            }
        }
        // Single pieces are tried until none can go.
        piece = if piece == 1 && removed { 1 } else { piece / 2 };
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left is exactly what the failure needs.
    #[test]
    fn what_is_not_needed_goes() {
        let all: Vec<u32> = (0..300).collect();
        let fails = |items: &[u32]| [17, 18, 250].iter().all(|needed| items.contains(needed));
        assert_eq!(shrink(&all, fails), [17, 18, 250]);
        assert_eq!(shrink(&all, |items| !items.is_empty()).len(), 1);
    }

    /// What does not fail stays as it is.
    #[test]
    fn what_does_not_fail_stays() {
        assert_eq!(shrink(&[1, 2, 3], |_| false), [1, 2, 3]);
        assert!(shrink::<u32>(&[], |_| true).is_empty());
    }

    /// Order is kept, and pairs that fail only together are found.
    #[test]
    fn order_is_kept() {
        let all: Vec<u32> = (0..64).rev().collect();
        let fails = |items: &[u32]| {
            let at = |value| items.iter().position(|item| *item == value);
            at(40).is_some() && at(40) < at(3)
        };
        assert_eq!(shrink(&all, fails), [40, 3]);
    }
}
