//! A token in a file that another program updates, as Kubernetes does in a pod: the file is read again while requests
//! are sent.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use tokio::time::Instant;

use crate::credential::read_token;

/// The age after which the file is read again; client-go uses about a minute too.
const AGE: Duration = Duration::from_mins(1);

/// The headers of every request, with the token that was last read from the file.
pub(super) struct FreshToken {
    file: PathBuf,
    age: Duration,
    headers: Mutex<(HeaderMap, Instant)>,
}

impl FreshToken {
    /// Starts with `headers`, which contain the token that was just read.
    pub(super) fn new(file: PathBuf, headers: HeaderMap) -> Self {
        Self {
            file,
            age: AGE,
            headers: Mutex::new((headers, Instant::now())),
        }
    }

    /// Returns the current headers. If the file cannot be read, the previous token stays.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut kept = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.1.elapsed() >= self.age {
            if let Some(header) = read_token(&self.file) {
                kept.0.insert(AUTHORIZATION, header);
            }
            kept.1 = Instant::now();
        }
        kept.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_again_and_a_file_that_is_gone_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let mut fresh = FreshToken::new(file.clone(), HeaderMap::new());
        std::fs::write(&file, "one\n").unwrap();
        assert_eq!(
            fresh.headers().get(AUTHORIZATION),
            None,
            "it is not old yet"
        );
        fresh.age = Duration::ZERO;
        assert_eq!(fresh.headers()[AUTHORIZATION], "Bearer one");
        std::fs::write(&file, "two").unwrap();
        let headers = fresh.headers();
        assert_eq!(headers[AUTHORIZATION], "Bearer two");
        assert!(headers[AUTHORIZATION].is_sensitive());
        std::fs::remove_file(&file).unwrap();
        assert_eq!(fresh.headers()[AUTHORIZATION], "Bearer two");
    }
}
