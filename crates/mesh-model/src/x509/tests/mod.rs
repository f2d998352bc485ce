//! A table of certificates and keys, as server, authority and client, judged by Go's rules.

mod authorities;
mod servers;
