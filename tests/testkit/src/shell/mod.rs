//! Printed lines as shells take them when they are pasted, without running anything: every program that a line may name is
//! a stand-in that notes its words.
//!
//! | file | owns |
//! |---|---|
//! | `stage` | the folder of stand-ins, and lines pasted into dash and bash beside them |
//! | `payloads` | names that somebody hostile would choose |
//! | `printed` | the fixes and hints in what a plugin said, and what has to hold of each of them |

mod payloads;
mod printed;
mod stage;

pub use payloads::{CANARY, Payload, mixed, payloads};
pub use printed::{Kind, Printed, check, commands, printed};
pub use stage::{Call, PROGRAMS, Stage};
