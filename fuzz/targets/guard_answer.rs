//! Answers: the instructions, a NUL, the answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (instructions, answer) = text.split_once('\0').unwrap_or(("", text));
    llmops::fuzzing::guard_answer(instructions, answer);
});
