use super::*;

fn document(body: &str) -> Document {
    Document { id: "guide.md".into(), title: "Guide".into(), body: body.into(), category: None, ..Document::default() }
}

fn cut(body: &str, words: usize, overlap_words: usize) -> Vec<Chunk> {
    chunks(&document(body), ChunkSize { words, overlap_words })
}

fn texts(body: &str, words: usize, overlap_words: usize) -> Vec<String> {
    cut(body, words, overlap_words).into_iter().map(|chunk| chunk.text).collect()
}

#[test]
fn a_short_document_is_one_chunk() {
    let body = "# Guide\n\nOne.\n\n## Install\n\nTwo.";
    assert_eq!(cut(body, 50, 10), [Chunk { index: 0, heading: String::new(), text: body.into() }]);
    assert_eq!(cut("  \n ", 50, 10), []);
}

#[test]
fn a_section_that_does_not_fit_begins_a_chunk_with_its_heading_path() {
    let body = "# Guide\n\nabout this\n\n## Install\n\n### Linux\n\na b c d e f\n\n### Mac\n\ng h i j k l";
    let chunks = cut(body, 11, 3);
    let seen: Vec<_> = chunks.iter().map(|chunk| (chunk.heading.as_str(), chunk.text.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("", "# Guide\n\nabout this"),
            ("Install > Linux", "## Install\n\n### Linux\n\na b c d e f"),
            ("Install > Mac", "### Mac\n\ng h i j k l"),
        ]
    );
}

#[test]
fn small_neighbouring_sections_share_a_chunk_under_their_common_heading() {
    let body = "## Install\n\nfirst\n\n### Linux\n\na b\n\n### Mac\n\nc d\n\n## Use\n\none two three four five six";
    let chunks = cut(body, 12, 0);
    assert_eq!(chunks.iter().map(|chunk| chunk.heading.as_str()).collect::<Vec<_>>(), ["Install", "Use"]);
}

#[test]
fn a_heading_without_text_stays_with_what_follows() {
    assert_eq!(texts("# A\n\n## B\n\n### C\n\na b c d e f g", 8, 0)[0], "# A\n\n## B\n\n### C\n\na b");
}

#[test]
fn a_heading_in_a_code_block_is_code() {
    let body = "## Run\n\n```sh\n# comment\nmake\n```\n\nafter";
    assert_eq!(cut(body, 50, 0)[0].heading, "Run");
}

#[test]
fn paragraphs_items_rows_and_code_stay_whole_where_they_fit() {
    let cases = [
        ("a b c d\n\ne f g h", vec!["a b c d", "e f g h"]),
        ("- a b c\n- d e\n- f", vec!["- a b c", "- d e\n- f"]),
        ("```\na b\nc d\n```\n\ne f", vec!["```\na b\nc d\n```", "e f"]),
    ];
    for (body, expected) in cases {
        assert_eq!(texts(body, 6, 0), expected, "{body}");
    }
}

#[test]
fn a_long_paragraph_is_cut_at_sentences_and_a_long_sentence_at_words() {
    assert_eq!(
        texts("One two three.\nFour five. Six seven eight.", 5, 0),
        ["One two three.\nFour five.", "Six seven eight."]
    );
    assert_eq!(texts("a b c d e f g", 3, 0), ["a b c", "d e f", "g"]);
    assert_eq!(texts("東京都の人口は多い", 3, 0), ["東京都の人口", "は多い"]);
}

#[test]
fn a_chunk_repeats_the_end_of_the_one_before_it_in_the_same_section() {
    let body = "One two three. Four five six.\n\nSeven eight nine ten.";
    assert_eq!(texts(body, 8, 3), ["One two three. Four five six.", "Four five six.\n\nSeven eight nine ten."]);
    assert_eq!(texts(body, 6, 2), ["One two three. Four five six.", "five six.\n\nSeven eight nine ten."]);
    // The repeated words never make a chunk too long.
    assert_eq!(texts("a b c d\n\ne f g h", 4, 2), ["a b c d", "e f g h"]);
    // Another section is another subject.
    assert_eq!(texts("## A\n\na b c d\n\n## B\n\ne f g h", 6, 2), ["## A\n\na b c d", "## B\n\ne f g h"]);
}

/// A text of every construct, in a random but repeatable order.
fn random_body(random: &mut fastrand::Rng) -> String {
    let parts = [
        "# Title\n\n",
        "## Section\n\n",
        "Setext\n===\n\n",
        "A paragraph. It has sentences! Does it? Yes, and a rather long last one that goes on for a while.\n\n",
        "- item one\n- item two\n  - nested item\n\n",
        "| a | b |\n|---|---|\n| c | d |\n\n",
        "```rust\n# not a heading\nlet x = 1;\n```\n\n",
        "東京都の人口は約千四百万人です。日本の首都であり、最大の都市です。\n\n",
        "ภาษาไทยไม่มีช่องว่างระหว่างคำ\n\n",
        "[link]: https://example.org/a?b=c\n\n",
        "> quoted words\n> on two lines\n\n",
        "<div>raw *html*</div>\n\n",
        "1. first\n2. second\r\n\r\n",
        "---\n\n",
        "mixed日本語and latin,with-no;space\n\n",
    ];
    (0..random.usize(1..30)).map(|_| parts[random.usize(0..parts.len())]).collect()
}

#[test]
fn no_chunk_is_too_long_and_no_word_is_lost() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..400 {
        let body = random_body(&mut random);
        let (words, overlap) = (random.usize(5..60), random.usize(0..3));
        let chunks = cut(&body, words, overlap);
        let mut rest = body.as_str();
        for chunk in &chunks {
            assert!(text::word_count(&chunk.text) <= words, "{words}: {:?} of {body:?}", chunk.text);
        }
        // In order, every character but white space is in a chunk.
        let mut position = 0;
        for chunk in &chunks {
            let from = (0..=position).rev().find(|from| {
                body.is_char_boundary(*from)
                    && body[*from..].trim_start().starts_with(&chunk.text)
                    && body[position.min(body.len())..].len() <= body[*from..].len()
            });
            let from = from.unwrap_or_else(|| panic!("{:?} leaves a gap at {position} of {body:?}", chunk.text));
            let skipped = body[from..].len() - body[from..].trim_start().len();
            position = position.max(from + skipped + chunk.text.len());
        }
        rest = &rest[position..];
        assert!(rest.trim().is_empty(), "{rest:?} of {body:?} is lost");
    }
}
