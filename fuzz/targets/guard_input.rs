//! Texts and documents before a model.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| llmops::fuzzing::guard_input(text));
