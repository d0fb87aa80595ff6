//! The program's own statistics, at the path that they have there: `eval/` holds links to its files, since a `#[path]`
//! would look for their modules in another folder.

#[expect(dead_code, unused_imports, reason = "the gate uses more of it than is simulated")]
pub(crate) mod stats;
