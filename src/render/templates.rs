//! The template engine: every value is escaped when it is printed, and filters are the only way to print it otherwise.

use anyhow::{Context as _, anyhow};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::Format;
use super::markdown;
use super::view::View;

const TEMPLATES: &[(&str, &str)] = &[
    ("report.md.j2", include_str!("../../templates/report.md.j2")),
    ("step-summary.md.j2", include_str!("../../templates/step-summary.md.j2")),
    ("_environment.md.j2", include_str!("../../templates/_environment.md.j2")),
    ("_proposal.md.j2", include_str!("../../templates/_proposal.md.j2")),
    ("_finding.md.j2", include_str!("../../templates/_finding.md.j2")),
    ("_time.md.j2", include_str!("../../templates/_time.md.j2")),
    ("_target.md.j2", include_str!("../../templates/_target.md.j2")),
];

/// The compiled-in templates.
pub(super) struct Templates {
    engine: Environment<'static>,
}

impl Templates {
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut engine = Environment::empty();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        let whitespace =
            SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build();
        engine.set_syntax(whitespace.map_err(chain)?);
        engine.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
        engine.set_formatter(print);
        engine.add_filter("code", |text: String| Value::from_safe_string(markdown::code(&text)));
        engine.add_filter("cell", |text: String| Value::from_safe_string(markdown::cell(&text)));
        engine.add_filter("ident", |text: String| Value::from_safe_string(markdown::ident(&text)));
        engine.add_filter("link", |url: String, label: String| Value::from_safe_string(markdown::link(&url, &label)));
        engine.add_filter("fence", |lines: Vec<String>, info: String| {
            Value::from_safe_string(markdown::fence(&info, &lines))
        });
        for (name, source) in TEMPLATES {
            engine.add_template(name, source).map_err(chain)?;
        }
        Ok(Self { engine })
    }

    pub(super) fn render(&self, format: Format, view: View) -> anyhow::Result<String> {
        let name = match format {
            Format::Markdown => "report.md.j2",
            Format::Summary => "step-summary.md.j2",
        };
        let template = self.engine.get_template(name).map_err(chain)?;
        let text = template.render(Value::from(Serde(view))).map_err(chain);
        text.with_context(|| format!("failed to render `{name}`"))
    }
}

#[cfg(test)]
impl Templates {
    /// What a template of this source makes of a value that others chose.
    pub(super) fn render_source(&self, source: &str, raw: &str) -> anyhow::Result<String> {
        self.engine.render_named_str("control.md.j2", source, minijinja::context! { raw }).map_err(chain)
    }
}

/// Prints a value: what a filter made safe as it is, numbers as they are, text as prose.
fn print(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let done = match (value.kind(), value.as_str()) {
        (ValueKind::Number, _) => write!(out, "{value}"),
        (_, Some(text)) if value.is_safe() => out.write_str(text),
        (_, Some(text)) => out.write_str(&markdown::prose(text)),
        (kind, None) => return Err(Error::new(ErrorKind::InvalidOperation, format!("cannot print {kind} as text"))),
    };
    done.map_err(|error| Error::new(ErrorKind::WriteFailure, "failed to print a value").with_source(error))
}

/// The engine's error with the template's name and line, which its plain form leaves out.
fn chain(error: Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
