//! Certificates of every kind, the wrong ones too, made byte by byte: what [`crate::pki`] and its library would refuse to make.
//!
//! A [`Recipe`] says what stands in one; [`Recipe::by`] and [`Recipe::by_itself`] sign it.

mod der;
mod key;
mod recipe;
mod table;
mod table_names;

pub use key::{Key, Kind, Signing};
pub use recipe::{Forged, Recipe, Usage};
pub use table::{Case, cases};
