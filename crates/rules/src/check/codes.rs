//! The names of everything that `gyr rules check` says. Each has a section in docs/diagnostics.md.

use gyr_diag::Severity;

/// Declares the codes: a row reads `Variant "CODE" Severity "title"`.
macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $title:literal)*) => {
        /// What can be said of a rules file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($name,)* }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// A few words, as in the document's headings.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

#[rustfmt::skip] // A table.
codes! {
    // The file.
    NotYaml "E001" Error "not YAML"
    NotItems "E002" Error "not a list of items"
    NotAnItem "E003" Error "an item that is no mapping"
    UnknownItem "W001" Warning "an item of no known kind"
    UnknownKey "W002" Warning "an unknown key"
    RepeatedKey "W003" Warning "a key that occurs twice"
    OldSpelling "W004" Warning "a spelling that will go away"

    // Items.
    MissingKey "E101" Error "a key that is missing"
    WrongValue "E102" Error "a value of the wrong shape"
    UnknownPriority "E103" Error "an unknown priority"
    WrongOverride "E104" Error "a key that cannot be overridden so"
    UnmatchedOverride "E105" Error "an override without its key, or a key without its override"
    TwoOverrides "E106" Error "append and override in one item"
    NothingToChange "E107" Error "a change of what is not defined"
    OtherSource "E108" Error "a rule that changes its source"
    EngineVersion "E109" Error "an engine version that is not offered"
    PluginVersion "E110" Error "a plugin version that is not met"
    Refused "E199" Error "refused when it is loaded"
    UnknownSource "W101" Warning "an event source that nobody offers"
    UnusableName "W102" Warning "a name that conditions cannot use"
    UnusedMacro "W103" Warning "an unused macro"
    UnusedList "W104" Warning "an unused list"
    DefinedTwice "W105" Warning "a definition that replaces an earlier one"

    // Conditions.
    Syntax "E201" Error "a condition that does not read"
    UnknownOperator "E202" Error "an unknown operator"
    Unclosed "E203" Error "a parenthesis or a quote without its end"
    UnknownMacro "E204" Error "an unknown macro"
    MacroLoop "E205" Error "a macro within itself"
    MacroTooLate "E206" Error "a macro that is defined too late"
    UnknownField "E207" Error "an unknown field"
    FieldArgument "E208" Error "a field with a wrong argument"
    UnknownEventType "E209" Error "an unknown event type"
    WrongOperator "E210" Error "an operator that the field does not have"
    WrongLiteral "E211" Error "a value that the field cannot be compared with"
    WrongOperand "E212" Error "two fields that cannot be compared"
    UnknownEvents "E213" Error "a condition that hides its event types"
    TooLarge "E214" Error "a condition that is too large"
    ListDoesNotFit "E215" Error "a list that does not fit where it is used"

    // Outputs.
    OutputField "E301" Error "an output with an unknown field"
    OutputSyntax "E302" Error "an output that does not read"

    // Exceptions.
    ExceptionShape "E401" Error "an exception whose fields and operators do not fit"
    ExceptionOperator "E402" Error "an exception with an unknown operator"
    ExceptionValues "E403" Error "an exception whose values do not fit its fields"
    ExceptionChange "E404" Error "an exception that cannot be changed so"
    ExceptionTwice "W401" Warning "two exceptions of one name"
    ExceptionNoValues "W402" Warning "a change of an exception without values"
    ExceptionIdle "W403" Warning "an exception that hides nothing"
    ExceptionEmpty "I401" Info "an exception without values"

    // What is legal but hardly meant.
    NeverMatches "W501" Warning "a rule that can never match"
    Shadowed "W502" Warning "a rule that an earlier one shadows"
    AlwaysMatches "W503" Warning "a condition that is always true"
    OutOfRange "W504" Warning "a number that the field cannot hold"
    ImpossibleValue "W505" Warning "a value that the field never has"
    PathEvasion "W506" Warning "a path test that another spelling gets around"
    DeprecatedField "W507" Warning "a field that holds nothing any more"
    TargetVersion "W508" Warning "something that the target version does not have"
    ManyEvents "W509" Warning "a rule that looks at nearly every event"
    NaComparison "W510" Warning "a comparison with <NA>"
    SimplerThanRegex "W511" Warning "a regular expression that is none"
    FieldAsText "W512" Warning "a field's name used as text"
    Cost "I501" Info "the estimated cost of a rule"
    PathLinks "I502" Info "a path test that links get around"
    NameEvasion "I503" Info "an exclusion that any process can claim"
}
