//! Assignments in many languages, and what only looks like one.

use crate::guard::sensitive::scan;

#[test]
fn values_of_telling_names_are_found() {
    let cases = [
        (r#"password = "hunter2""#, "hunter2"),
        (r"DB_PASSWORD_PROD='S3cr3t!pw'", "S3cr3t!pw"),
        (r#"{"password": "kJ8#mN2$pQ"}"#, "kJ8#mN2$pQ"),
        (r#""{\"password\": \"kJ8#mN2$pQ\"}""#, "kJ8#mN2$pQ"),
        ("spring.datasource.password=Tr0ub4dor", "Tr0ub4dor"),
        (r"password=Tr0ub4dor\nuser=x", "Tr0ub4dor"),
        ("passwd: w1nter-is-here", "w1nter-is-here"),
        ("<password>Tr0ub4dor</password>", "Tr0ub4dor"),
        ("mysql --password Tr0ub4dor -h x", "Tr0ub4dor"),
        (r#"client.setPassword("Tr0ub4dor");"#, "Tr0ub4dor"),
        (r#"#define WIFI_PASSWORD "Tr0ub4dor""#, "Tr0ub4dor"),
        ("CREATE USER joe IDENTIFIED BY 'Tr0ub4dor'", "Tr0ub4dor"),
        ("my password is hunter2.", "hunter2"),
        ("Mein Passwort ist Hund2024!", "Hund2024!"),
        ("パスワードは「Tr0ub4dor」です", "Tr0ub4dor"),
        ("密码：Tr0ub4dor", "Tr0ub4dor"),
        (r#"api_key: "9f2kQ7xT1bR7mW5n""#, "9f2kQ7xT1bR7mW5n"),
        ("API-KEY=9f2kQ7xT1bR7mW5nY2", "9f2kQ7xT1bR7mW5nY2"),
        ("const apiKey = '9f2kQ7xT1bR7mW5n';", "9f2kQ7xT1bR7mW5n"),
        (r#"clientSecret := "9f2kQ7xT1bR7mW5n""#, "9f2kQ7xT1bR7mW5n"),
        ("'secret_key' => '9f2kQ7xT1bR7mW5n'", "9f2kQ7xT1bR7mW5n"),
        (r#"token = b"9f2kQ7xT1bR7mW5n""#, "9f2kQ7xT1bR7mW5n"),
        ("--token 9f2kQ7xT1bR7mW5n", "9f2kQ7xT1bR7mW5n"),
        ("x_token=9f2kQ7xT1bR7mW5n&y=1", "9f2kQ7xT1bR7mW5n"),
    ];
    for (text, expected) in cases {
        let found = scan(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(&text[found[0].bytes.clone()], expected, "{text}");
    }
}

#[test]
fn code_labels_prose_and_placeholders_are_left_alone() {
    let texts = [
        r#"password = """#,
        r#"password = "changeme""#,
        "password = get_password(user1)",
        "password: str, token: Optional[str] = None",
        "password = os.environ['DB_PASSWORD2']",
        "password=${DB_PASSWORD}",
        "password: {{ vault_password_1 }}",
        "password: <your password 1>",
        r#""password": "Please enter your password""#,
        r#""password": "Wachtwoord""#,
        "the password is required",
        "the password is at least 8 characters long",
        "password: 8-20 characters",
        "Password: ********",
        "password must not be hunter2",
        "if password != 'Tr0ub4dor':",
        "password_hash = 'b2f9c1'",
        "password: [PASSWORD_1]",
        "max_tokens: 4096",
        "token_count = 128000",
        "tokenizer: cl100k_base",
        r#"token: "user-service-token-2""#,
        r#"secret_name: "prod/db/9f2kQ7xT1bR7mW5n""#,
        "secretName: my-app-tls-secret-2024",
        r#"api_key: "YOUR_API_KEY_HERE""#,
        "apiKey: process.env.OPENAI_API_KEY2",
        r#"token_url = "https://auth.example.org/oauth2/token""#,
        r#"token: "aaaaaaaaaaaaaaaa""#,
        "the secret of 2024: be kind",
        "a token is a part of a word",
        "credential: read-only",
        "socks5h://<username>:<password>@proxy-host2",
        r#"PASSWORD: "challengePassword""#,
        r#""OLDPWD": "/home/node2/project/src""#,
        r#"#define SN_id_it_revPassphrase          "id-it-revPassphrase""#,
        r#"columns identified by "aOrderBy2""#,
        "private_key: ed25519.Ed25519PrivateKey",
        "generate_private_key: x25519_generate_private_key,",
    ];
    for text in texts {
        assert_eq!(scan(text), [], "{text}");
    }
}
