//! Stale, foreign and made-up handles are told apart.

use super::*;

#[derive(Debug)]
struct Thing(&'static str);

impl Labelled for Thing {
    fn label(&self) -> Option<&str> {
        Some(self.0)
    }
}

#[test]
fn a_removed_handle_is_stale_even_when_its_slot_is_taken_again() {
    let mut slab = Slab::new(Kind::Buffer);
    let old = slab.insert(Thing("old"));
    slab.remove(old).unwrap();
    let new = slab.insert(Thing("new"));
    assert_ne!(old, new);
    assert_eq!(slab.get(old).unwrap_err(), Missing::Stale(Some("old".into())));
    assert_eq!(slab.get(new).unwrap().0, "new");
    assert_eq!(slab.len(), 1);
}

#[test]
fn handles_of_other_kinds_and_of_nothing_are_told_apart() {
    let mut buffers = Slab::new(Kind::Buffer);
    let mut images = Slab::new(Kind::Image);
    let (buffer, image) = (buffers.insert(Thing("b")), images.insert(Thing("i")));
    assert_eq!(buffers.get(image).unwrap_err(), Missing::WrongKind(Kind::Image));
    assert_eq!(images.get_mut(buffer).unwrap_err(), Missing::WrongKind(Kind::Buffer));
    assert_eq!(buffers.get(0).unwrap_err(), Missing::Null);
    assert_eq!(buffers.get(buffer + 1).unwrap_err(), Missing::Unknown);
    assert_eq!(buffers.get(0xdead_beef).unwrap_err(), Missing::Unknown);
    assert_eq!(buffers.iter().map(|(handle, _)| handle).collect::<Vec<_>>(), [buffer]);
}
