//! Reading the archives that apt is set up with, in both of its formats.

/// The suite whose archive is looked for.
const SUITE: &str = "bookworm";
/// The suite that is added to it.
const BACKPORTS: &str = "bookworm-backports";

/// A temporary list with the machine's own archive and its backports.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct TemporaryList {
    /// The ending by which apt tells the formats apart.
    pub(crate) extension: &'static str,
    pub(crate) text: String,
}

/// Rewrites a `.sources` file (deb822), if one of its stanzas is the main archive. Everything else
/// in the stanza stays, such as the address and the key.
pub(crate) fn of_stanzas(text: &str) -> Option<TemporaryList> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let stanzas = lines.split(|line| line.trim().is_empty());
    stanzas.into_iter().find_map(of_stanza)
}

/// Rewrites a `.list` file (one archive a line), if one of its lines is the main archive.
pub(crate) fn of_lines(text: &str) -> Option<TemporaryList> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').map(|(it, rest)| (format!("[{it}] "), rest))?,
            None => (String::new(), rest),
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let [address, SUITE, components @ ..] = words.as_slice() else { return None };
        if !components.contains(&"main") {
            return None;
        }
        let text = [SUITE, BACKPORTS].map(|suite| format!("deb {options}{address} {suite} main\n"));
        Some(TemporaryList { extension: "list", text: text.concat() })
    })
}

fn of_stanza(lines: &[&str]) -> Option<TemporaryList> {
    let values = |name: &str| -> Vec<&str> {
        let fields = lines.iter().filter_map(|line| line.split_once(':'));
        let mut found = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.split_whitespace().collect()).unwrap_or_default()
    };
    let main = values("Types").contains(&"deb")
        && values("Suites").contains(&SUITE)
        && values("Components").contains(&"main")
        && !values("Enabled").contains(&"no");
    if !main {
        return None;
    }
    let mut text = String::new();
    for line in lines {
        let key = line.split_once(':').map_or("", |(key, _)| key).to_ascii_lowercase();
        match key.as_str() {
            "types" => text.push_str("Types: deb"),
            "suites" => text.push_str(&format!("Suites: {SUITE} {BACKPORTS}")),
            "components" => text.push_str("Components: main"),
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    Some(TemporaryList { extension: "sources", text })
}

#[cfg(test)]
mod tests {
    use super::{of_lines, of_stanzas};

    const STANZAS: &str = "\
# A comment.
Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb deb-src
# Another.
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN KEY-----
 abc
";

    #[test]
    fn the_stanza_of_the_main_archive_keeps_its_address_and_key() {
        let list = of_stanzas(STANZAS).unwrap();
        assert_eq!(list.extension, "sources");
        assert_eq!(
            list.text,
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-backports\n\
             Components: main\nSigned-By:\n -----BEGIN KEY-----\n abc\n"
        );
    }

    #[test]
    fn stanzas_that_are_off_or_of_another_release_are_not_taken() {
        assert_eq!(of_stanzas(&STANZAS.replace("bookworm", "trixie")), None);
        assert_eq!(of_stanzas(&format!("{STANZAS}Enabled: no\n")), None);
        assert_eq!(of_stanzas(""), None);
    }

    #[test]
    fn the_line_of_the_main_archive_keeps_its_options() {
        let text = "# deb http://off.example bookworm main\n\
                    deb http://mirror.example/security bookworm-security main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib\n";
        let list = of_lines(text).unwrap();
        assert_eq!(list.extension, "list");
        assert_eq!(
            list.text,
            "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main\n\
             deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm-backports main\n"
        );
        assert_eq!(of_lines("deb http://mirror.example/debian trixie main\n"), None);
        assert_eq!(of_lines("deb-src http://mirror.example/debian bookworm main\n"), None);
        let plain = of_lines("deb http://mirror.example/debian bookworm main\n").unwrap();
        assert!(plain.text.starts_with("deb http://mirror.example/debian bookworm main\n"));
    }
}
