//! Behaviour over small passages in the style of product documentation.

use super::*;

fn passage(title: &str, text: &str) -> GroundingPassage {
    GroundingPassage { title: title.to_owned(), text: text.to_owned() }
}

fn english() -> Vec<GroundingPassage> {
    vec![
        passage(
            "Uploads",
            "# Uploads\n\nFiles are uploaded in parts. A single file may be 50 MB in size. \
             Larger archives have to be split before.\n\n## Retention\n\n- Deleted files are kept for 30 days.\n- \
             Backups are made every night.",
        ),
        passage(
            "Billing",
            "Invoices are sent by e-mail. The team plan costs 12 EUR a month.\n\n| plan | seats |\n|---|---|\n\
             | free | 3 |\n| team | 25 |\n\nMaria Rossi answers questions about payments.",
        ),
        passage("Command line", "Run the tool once a day:\n\n```sh\ncourier sync --all\n```\n"),
    ]
}

#[test]
fn it_quotes_the_sentences_that_hold_the_questions_words() {
    let cases = [
        ("How large can a single file be?", "A single file may be 50 MB in size."),
        ("How long are deleted files kept?", "Deleted files are kept for 30 days."),
        ("When do you back up, every night?", "Backups are made every night."),
        ("What does the team plan cost?", "The team plan costs 12 EUR a month."),
        ("Who answers a question about my payment?", "Maria Rossi answers questions about payments."),
        ("courier sync?", "courier sync --all"),
    ];
    for (question, expected) in cases {
        let extract = answer(question, &english(), DEFAULT_MIN_SUPPORT);
        assert!(extract.text.contains(expected) && !extract.abstained, "{question}: {}", extract.text);
        assert!(extract.text.len() < 120, "{question}: {}", extract.text);
    }
}

#[test]
fn it_abstains_when_too_few_of_the_questions_words_are_found() {
    let abstention = Extract { text: "The documents do not say.".to_owned(), abstained: true };
    for question in ["Which river flows through Vienna?", "Why was the bridge demolished in spring?", "???", ""] {
        assert_eq!(answer(question, &english(), DEFAULT_MIN_SUPPORT), abstention, "{question}");
        assert!(!answer(question, &english(), 0.0).abstained, "{question}");
    }
    assert_eq!(answer("What does the team plan cost?", &[], 0.0), abstention);
    assert_eq!(answer("What does the team plan cost?", &[passage("Costs", "--- *** !!!")], 0.0), abstention);
}

#[test]
fn support_is_the_share_of_the_questions_terms() {
    // harbour, closes, sunday: one of three in the sentence, one in the title.
    let passages = [passage("Harbour", "It closes late.")];
    for (min_support, abstained) in [(0.66, false), (0.67, true)] {
        assert_eq!(answer("Is the harbour closed on Sunday?", &passages, min_support).abstained, abstained);
    }
}

#[test]
fn japanese_questions_find_japanese_sentences() {
    let passages = [
        passage("返品", "返品は商品の到着後30日以内に受け付けます。送料はお客様の負担です。"),
        passage("会員", "会員登録は無料です。退会はいつでもできます。"),
    ];
    let cases = [
        ("返品は何日以内にできますか？", "返品は商品の到着後30日以内に受け付けます。"),
        ("送料は誰の負担ですか？", "送料はお客様の負担です。"),
        ("会員登録は無料ですか？", "会員登録は無料です。"),
    ];
    for (question, expected) in cases {
        let extract = answer(question, &passages, DEFAULT_MIN_SUPPORT);
        assert!(extract.text.contains(expected), "{question}: {}", extract.text);
    }
    assert!(answer("東京の天気はどうですか？", &passages, DEFAULT_MIN_SUPPORT).abstained);
}

#[test]
fn the_title_and_the_heading_decide_between_like_sentences() {
    let passages = [passage("Server", "## Port\nDefault: 80."), passage("Database", "## Port\nDefault: 5432.")];
    assert_eq!(answer("default port of the database", &passages, 0.5).text, "Default: 5432.");
}

#[test]
fn what_two_passages_share_is_quoted_once_and_in_their_order() {
    let passages = [
        passage("a", "The bridge opened in 1932. Tolls ended later."),
        passage("b", "The bridge opened in 1932. The bridge was opened by a minister."),
    ];
    let extract = answer("When was the bridge opened?", &passages, DEFAULT_MIN_SUPPORT);
    assert_eq!(extract.text, "The bridge opened in 1932. The bridge was opened by a minister.");
}

#[test]
fn forms_of_a_word_are_the_same_word() {
    for (left, right) in [("upload", "uploaded"), ("cost", "costs"), ("payment", "payments"), ("kept", "kept")] {
        assert!(is_same_word(left, right) && is_same_word(right, left), "{left} {right}");
    }
    for (left, right) in [("car", "cars"), ("inter", "international"), ("rate", "rare"), ("東京", "東北")] {
        assert!(!is_same_word(left, right), "{left} {right}");
    }
}

/// Not timed: a quadratic step would hold the test run up for minutes.
#[test]
fn hostile_passages_and_questions_take_linear_time() {
    let question = "word wordwordab wordword file limit ".repeat(2_000);
    for unit in ["](", "#*`[]!|.\n", "あ", "A. ", "word ", "wordworda ", "[a", "The limit is 5 MB. ", "|", "\u{301}"] {
        let passages = [passage(unit, &unit.repeat(1_000_000 / unit.len()))];
        let extract = answer(&question, &passages, 0.0);
        assert_eq!(extract.abstained, extract.text == ABSTENTION, "{unit}");
    }
}
