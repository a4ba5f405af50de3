//! The shader of every program: one that does nothing.

/// SPIR-V of a compute shader whose `main` returns at once.
///
/// The first word of an instruction is its length in words, and what it is.
pub(super) const EMPTY: [u32; 35] = [
    // Magic number, version 1.0, no generator, identifiers below 5, nothing reserved.
    0x0723_0203,
    0x0001_0000,
    0,
    5,
    0,
    // OpCapability Shader
    2 << 16 | 17,
    1,
    // OpMemoryModel Logical GLSL450
    3 << 16 | 14,
    0,
    1,
    // OpEntryPoint GLCompute %3 "main"
    5 << 16 | 15,
    5,
    3,
    u32::from_le_bytes(*b"main"),
    0,
    // OpExecutionMode %3 LocalSize 1 1 1
    6 << 16 | 16,
    3,
    17,
    1,
    1,
    1,
    // %1 = OpTypeVoid
    2 << 16 | 19,
    1,
    // %2 = OpTypeFunction %1
    3 << 16 | 33,
    2,
    1,
    // %3 = OpFunction %1 None %2
    5 << 16 | 54,
    1,
    3,
    0,
    2,
    // %4 = OpLabel
    2 << 16 | 248,
    4,
    // OpReturn
    1 << 16 | 253,
    // OpFunctionEnd
    1 << 16 | 56,
];
