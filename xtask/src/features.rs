//! `cargo xtask features`: every published crate compiles with each of its features alone, with none and with all.
//!
//! A feature adds items and changes nothing, so what compiles alone compiles in any company.

use cargo_metadata::Package;

use crate::{failure::Failure, workspace};

/// Checks one crate after the other, one feature after the other.
///
/// # Errors
///
/// [`Failure::Check`] if a choice of features does not compile.
pub(crate) fn run() -> Result<(), Failure> {
    for package in workspace::published(&workspace::metadata()?) {
        for choice in choices(package) {
            println!("{}: {}", package.name, choice.join(" "));
            let mut check = workspace::cargo(["check", "--quiet", "--lib", "--package"]);
            workspace::run(check.arg(package.name.as_str()).args(choice))?;
        }
    }
    Ok(())
}

/// The arguments of every build: none, each feature alone, all.
fn choices(package: &Package) -> Vec<Vec<String>> {
    let none = "--no-default-features";
    let mut choices = vec![vec![none.to_owned()]];
    let mut features: Vec<_> = package.features.keys().filter(|name| *name != "default").collect();
    features.sort();
    for feature in features {
        choices.push(vec![none.to_owned(), "--features".to_owned(), feature.clone()]);
    }
    if choices.len() > 1 {
        choices.push(vec!["--all-features".to_owned()]);
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::choices;
    use crate::workspace;

    #[test]
    fn every_feature_of_the_facade_is_tried_alone() {
        let metadata = workspace::metadata().unwrap();
        let mut packages = workspace::published(&metadata).into_iter();
        let facade = packages.find(|package| package.name.as_str() == "resource-management");
        let facade = facade.unwrap();
        let choices = choices(facade);
        let alone = |name: &str| ["--no-default-features", "--features", name].join(" ");
        for feature in facade.features.keys().filter(|name| *name != "default") {
            assert!(choices.iter().any(|it| it.join(" ") == alone(feature)), "{feature}");
        }
        assert_eq!(choices.first().unwrap().join(" "), "--no-default-features");
        assert_eq!(choices.last().unwrap().join(" "), "--all-features");
    }
}
