//! People: flags, the entry point, rendering, prompts, logs.
