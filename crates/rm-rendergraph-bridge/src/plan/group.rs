//! Who can share memory with whom: by memory types, and by how much one piece of memory may hold.

/// Something that wants a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Memory types it can live in.
    pub(super) bits: u32,
    pub(super) size: u64,
}

/// Gives each member a group, so that all members of one have a memory type in common: few groups, found greedily.
///
/// Whoever can live in the fewest types chooses first. `preferred` types count alone for whoever can live in one of them,
/// so that nobody leaves the device for company.
pub(super) fn by_types(members: &[Member], preferred: u32) -> Vec<usize> {
    let wanted = |member: &Member| match member.bits & preferred {
        0 => member.bits,
        bits => bits,
    };
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|index| (wanted(&members[*index]).count_ones(), *index));
    let mut groups: Vec<u32> = Vec::new();
    let mut chosen = vec![0; members.len()];
    for index in order {
        let bits = wanted(&members[index]);
        let group = groups.iter().position(|group| group & bits != 0).unwrap_or(groups.len());
        if group == groups.len() {
            groups.push(bits);
        }
        groups[group] &= bits;
        chosen[index] = group;
    }
    // Numbered by the first member, so that numbers do not depend on who chooses first.
    let mut names = vec![usize::MAX; groups.len()];
    let mut next = 0;
    for group in &mut chosen {
        if names[*group] == usize::MAX {
            names[*group] = next;
            next += 1;
        }
        *group = names[*group];
    }
    chosen
}

/// Moves about half of the bytes of `group` to the new group `to`, the largest first.
pub(super) fn split(members: &[Member], chosen: &mut [usize], group: usize, to: usize) {
    let mut of: Vec<usize> = (0..members.len()).filter(|index| chosen[*index] == group).collect();
    of.sort_by_key(|index| (std::cmp::Reverse(members[*index].size), *index));
    let (mut stay, mut go) = (0_u64, 0_u64);
    for index in of {
        let size = members[index].size;
        if go < stay {
            go = go.saturating_add(size);
            chosen[index] = to;
        } else {
            stay = stay.saturating_add(size);
        }
    }
}
