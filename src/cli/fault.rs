//! What a fault of ours looks like: one line that says where it is, and the exit code of an incomplete comparison.

use std::io::Write as _;
use std::panic::{self, PanicHookInfo};
use std::process;

use crate::workflow::{Level, annotation};

/// Something could not be compared: nobody knows what else was not.
const INCOMPLETE: i32 = 3;

/// From here on a panic, on whichever thread, ends the process: the image is built without unwinding, and half a
/// comparison must not pass for a whole one in any other build.
#[expect(clippy::exit, reason = "a panic on any thread ends the process, with an exit code that is documented")]
pub(super) fn end_on_panic() {
    panic::set_hook(Box::new(|panic| {
        let is_actions = std::env::var_os("GITHUB_ACTIONS").is_some_and(|it| it == "true");
        let sentence = sentence(panic);
        // On standard error, where the runner looks for commands too: the run holds standard output to its end.
        let _ = if is_actions {
            writeln!(std::io::stderr().lock(), "{}", annotation(Level::Error, &sentence))
        } else {
            writeln!(std::io::stderr().lock(), "error: {sentence}")
        };
        process::exit(INCOMPLETE);
    }));
}

/// The message of the panic is left out: it may quote what was read.
fn sentence(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(
        || "an unknown place".to_owned(),
        |it| {
            // Of a library neither the builder's folders nor where it was downloaded.
            let file = it.file();
            let file =
                file.split_once("/registry/src/").and_then(|(_, it)| it.split_once('/')).map_or(file, |(_, it)| it);
            format!("{file}:{}:{}", it.line(), it.column())
        },
    );
    format!(
        "Drift Detector {} has a fault, at {place}. It ends here: take nothing for compared that no report says. \
         Please report the fault with this line.",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set in the process that panics.
    const CHILD: &str = "DRIFT_TEST_PANICS";

    #[test]
    fn a_panic_on_any_thread_ends_in_one_line_without_its_message() -> anyhow::Result<()> {
        if std::env::var_os(CHILD).is_some() {
            end_on_panic();
            // As the run does.
            let _out = std::io::stdout().lock();
            let _ = std::thread::spawn(|| panic!("s3cr3t\n::error::s3cr3t")).join();
            unreachable!("the process has ended");
        }
        for (actions, start) in [("true", "::error title=Drift Detector::Drift"), ("", "error: Drift")] {
            let mut child = Command::new(std::env::current_exe()?);
            child.args([
                "--exact",
                "--nocapture",
                "cli::fault::tests::a_panic_on_any_thread_ends_in_one_line_without_its_message",
            ]);
            let ended = child.env(CHILD, "1").env("GITHUB_ACTIONS", actions).output()?;
            let said = String::from_utf8(ended.stderr)?;
            assert_eq!(ended.status.code(), Some(3), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(said.starts_with(start) && said.contains(", at src/cli/fault.rs:"), "{said}");
            assert!(!said.contains("s3cr3t"), "{said}");
        }
        Ok(())
    }
}
