//! Checkpoints: where the chain ended and when, signed, in a file outside the database.
//!
//! Who can write to the database can cut rows off the end of the chain, or make the whole of it anew; neither agrees with
//! a checkpoint. The file and the public key are worth copying to where the database's keepers can't write.

use super::seal::End;
use crate::hex::{hex, unhex};
use crate::ids::Randomness;
use chrono::NaiveDateTime;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The file of checkpoints in the data folder: one JSON object a line.
pub const CHECKPOINTS_FILE: &str = "audit-checkpoints.jsonl";
/// The public key in the data folder, hexadecimal.
pub const PUBLIC_KEY_FILE: &str = "audit-key.pub";
/// The private key, for its owner alone.
const KEY_FILE: &str = "audit-key";

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Name of the instance.
    pub instance: String,
    /// Number of the last row.
    pub seq: i64,
    /// Hash of the last row.
    pub hash: String,
    /// When it was signed, UTC.
    #[serde(with = "crate::clock::utc")]
    pub signed_at: NaiveDateTime,
    /// Ed25519 key, hexadecimal.
    pub public_key: String,
    /// Signature of the members above but the key, hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    /// What is signed.
    fn message(&self) -> Vec<u8> {
        let Self { instance, seq, hash, signed_at, public_key: _, signature: _ } = self;
        format!("cungcau audit checkpoint 1\n{instance}\n{seq}\n{hash}\n{}\n", signed_at.and_utc().timestamp_micros()).into_bytes()
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let signature = unhex(&self.signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| key.verify_strict(&self.message(), &signature).is_ok())
    }
}

/// The file and the key that signs into it.
#[derive(Debug)]
pub struct Checkpoints {
    file: PathBuf,
    instance: String,
    key: SigningKey,
}

impl Checkpoints {
    /// Those of the data folder; the key is made at the first start.
    ///
    /// # Errors
    /// When the folder can't be written to, or the key in it is none.
    pub fn open(data: &Path, instance: &str, ids: &Randomness) -> io::Result<Self> {
        let key = match read_key(data) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(data, ids)?,
            found => found?,
        };
        fs::write(data.join(PUBLIC_KEY_FILE), format!("{}\n", hex(key.verifying_key().to_bytes())))?;
        Ok(Self { file: data.join(CHECKPOINTS_FILE), instance: instance.to_owned(), key })
    }

    /// Signs `end` at `now`. It is on disk when this returns.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sign(&self, end: &End, now: NaiveDateTime) -> io::Result<()> {
        let mut checkpoint = Checkpoint {
            instance: self.instance.clone(),
            seq: end.seq,
            hash: end.hash.clone(),
            signed_at: now,
            public_key: hex(self.key.verifying_key().to_bytes()),
            signature: String::new(),
        };
        checkpoint.signature = hex(self.key.sign(&checkpoint.message()).to_bytes());
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.file)?;
        // A power cut may have torn the line before: this one begins anew.
        let begin = if ends_a_line(&mut file)? { "" } else { "\n" };
        // In one write, so that two processes which share the folder do not mix their lines.
        file.write_all(format!("{begin}{}\n", serde_json::to_string(&checkpoint)?).as_bytes())?;
        file.sync_data()
    }
}

fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(io::SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(io::SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// The checkpoints in `file`, in its order; of a line that is none its number.
///
/// # Errors
/// When it can't be read.
pub fn read(file: &Path) -> io::Result<Vec<Result<Checkpoint, usize>>> {
    let text = fs::read(file)?;
    let lines = text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    Ok(lines.map(|(index, line)| serde_json::from_slice(line).map_err(|_| index + 1)).collect())
}

/// A public key from its hexadecimal text.
pub fn public_key(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = unhex(text.trim())?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}

fn read_key(data: &Path) -> io::Result<SigningKey> {
    let text = fs::read_to_string(data.join(KEY_FILE))?;
    let seed: Option<[u8; 32]> = unhex(text.trim()).and_then(|bytes| bytes.try_into().ok());
    seed.map(|seed| SigningKey::from_bytes(&seed)).ok_or_else(|| invalid("audit-key is no key: 64 hexadecimal digits are expected"))
}

/// Makes the key. It comes into its place whole, and only where there is none.
fn make_key(data: &Path, ids: &Randomness) -> io::Result<SigningKey> {
    let mut seed = [0_u8; 32];
    ids.fill(&mut seed).map_err(io::Error::other)?;
    let draft = data.join(format!("{KEY_FILE}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", hex(seed))?;
    file.sync_all()?;
    let placed = fs::hard_link(&draft, data.join(KEY_FILE));
    fs::remove_file(&draft)?;
    match placed {
        // Another process was faster: its key is the one.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => read_key(data),
    }
}

fn invalid(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_checkpoint_is_read_back_and_its_signature_covers_each_member() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(folder.path(), "SOCTRANG", &Randomness::System).unwrap();
        let now = "2026-11-25T03:00:00.123456".parse().unwrap();
        checkpoints.sign(&End { seq: 7, change_seq: 5, hash: "ab".into() }, now).unwrap();
        // A second start finds the same key.
        Checkpoints::open(folder.path(), "SOCTRANG", &Randomness::System)
            .unwrap()
            .sign(&End { seq: 8, change_seq: 5, hash: "cd".into() }, now)
            .unwrap();
        let key = public_key(&fs::read_to_string(folder.path().join(PUBLIC_KEY_FILE)).unwrap()).unwrap();
        let found: Result<Vec<_>, _> = read(&folder.path().join(CHECKPOINTS_FILE)).unwrap().into_iter().collect();
        let found = found.unwrap();
        assert_eq!(found.iter().map(|found| (found.seq, found.is_signed_by(&key))).collect::<Vec<_>>(), [(7, true), (8, true)]);
        let first = &found[0];
        for other in [
            Checkpoint { instance: "CANTHO".into(), ..first.clone() },
            Checkpoint { seq: 6, ..first.clone() },
            Checkpoint { hash: "ac".into(), ..first.clone() },
            Checkpoint { signed_at: now + chrono::TimeDelta::microseconds(1), ..first.clone() },
            Checkpoint { signature: found[1].signature.clone(), ..first.clone() },
            Checkpoint { signature: "zz".into(), ..first.clone() },
        ] {
            assert!(!other.is_signed_by(&key), "{other:?}");
        }
        assert!(!first.is_signed_by(&SigningKey::from_bytes(&[7; 32]).verifying_key()));
        let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_is_no_checkpoint_is_named_and_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(CHECKPOINTS_FILE);
        let checkpoints = Checkpoints::open(folder.path(), "SOCTRANG", &Randomness::System).unwrap();
        // A power cut within a letter of the second line.
        fs::write(&file, b"\n{\"instance\": \"S\xc3").unwrap();
        checkpoints.sign(&End { seq: 7, change_seq: 5, hash: "ab".into() }, "2026-11-25T03:00:00".parse().unwrap()).unwrap();
        let found: Vec<Result<i64, usize>> = read(&file).unwrap().into_iter().map(|line| line.map(|found| found.seq)).collect();
        assert_eq!(found, [Err(2), Ok(7)]);
    }
}
