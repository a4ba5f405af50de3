//! What a test does to passes, and that the shader is one.

use super::{Machine, Passes, Program, shader::EMPTY};

impl Passes {
    /// Frees the program at once instead of letting it retire, whatever uses it; another one takes its place.
    pub(crate) fn free_program(&mut self) {
        let next = Program::new(&self.supply, self.plan.machinery, 1).unwrap();
        let (code, machine) = std::mem::replace(&mut self.program, next).into_parts();
        let code = code.into_owned().unwrap();
        let manager = self.supply.manager();
        // SAFETY: there is no real device that would mind.
        unsafe { manager.free_buffer(code.into_inner()) };
        if let Machine::StandIn(object) = machine {
            let raw = object.into_owned().unwrap().into_raw();
            // SAFETY: as above.
            unsafe { manager.context().device().destroy_buffer(raw, None) };
        }
    }
}

#[test]
fn the_shader_is_whole_instructions_up_to_its_end() {
    let [magic, _, _, bound, _, ref instructions @ ..] = EMPTY;
    assert_eq!((magic, bound), (0x0723_0203, 5));
    let (mut rest, mut last) = (&instructions[..], 0);
    while let Some(head) = rest.first() {
        let words = (head >> 16) as usize;
        assert!(words > 0 && words <= rest.len(), "{head:#x}");
        (rest, last) = (&rest[words..], head & 0xffff);
    }
    assert_eq!(last, 56, "OpFunctionEnd");
}

#[test]
fn what_a_frame_reads_back_is_bounded() {
    let texture = crate::scene::Texture::plain(super::lookup::SIDE);
    assert!(texture.bytes() <= super::lookup::Lookup::MOST_BYTES);
}
