//! The names of what can be wrong with a rules file; programs match on the codes.

/// Declares the codes of a kind: a row reads `Variant "CODE" "short" "long"`.
macro_rules! codes {
    ($(#[$doc:meta])* $kind:ident { $($name:ident $code:literal $short:literal $long:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kind { $($name,)* }

        impl $kind {
            /// The stable name.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// A few words.
            pub const fn short(self) -> &'static str {
                match self { $(Self::$name => $short,)* }
            }

            /// What it means and what to do.
            pub const fn long(self) -> &'static str {
                match self { $(Self::$name => $long,)* }
            }
        }
    };
}

codes! {
    /// Why a rules file is refused.
    ErrorCode {
        FileRead "LOAD_ERR_FILE_READ" "File read error"
            "The file cannot be read: see whether it is there and who may read it."
        YamlParse "LOAD_ERR_YAML_PARSE" "YAML parse error"
            "The text is not YAML."
        YamlValidate "LOAD_ERR_YAML_VALIDATE" "Error validating internal structure of YAML file"
            "The text is YAML of the wrong shape: not a list of items, a key that is missing, a value of the wrong type."
        CompileCondition "LOAD_ERR_COMPILE_CONDITION" "Error compiling condition"
            "A condition is not an expression of the language, or compares what cannot be compared."
        CompileOutput "LOAD_ERR_COMPILE_OUTPUT" "Error compiling output"
            "An output holds something after a percent sign that is no field."
        Validate "LOAD_ERR_VALIDATE" "Error validating rule/macro/list/exception objects"
            "The items do not fit together: an unknown macro, an engine that is too old, an addition to what is not there, exceptions whose lengths differ."
        Extension "LOAD_ERR_EXTENSION" "Error in extension item"
            "An item of an extension is wrong."
    }
}

codes! {
    /// What is doubtful in a rules file that is loaded all the same.
    WarningCode {
        UnknownSource "LOAD_UNKNOWN_SOURCE" "Unknown event source"
            "No plugin offers the event source of this rule. The rule is left out."
        UnsafeNaCheck "LOAD_UNSAFE_NA_CHECK" "Unsafe <NA> comparison in condition"
            "A value is compared with <NA>, which does not do what it seems to: ask with 'exists' whether there is a value."
        NoEvttype "LOAD_NO_EVTTYPE" "Condition has no event-type restriction"
            "The rule looks at nearly every event, which costs a lot. Name the events it is about with evt.type."
        UnknownFilter "LOAD_UNKNOWN_FILTER" "Unknown field or event-type in condition or output"
            "The rule uses a field or an event type that does not exist. It is left out, since it has skip-if-unknown-filter."
        UnusedMacro "LOAD_UNUSED_MACRO" "Unused macro"
            "No rule and no macro uses this macro."
        UnusedList "LOAD_UNUSED_LIST" "Unused list"
            "No rule, no macro and no list uses this list."
        UnknownItem "LOAD_UNKNOWN_ITEM" "Unknown rules file item"
            "An item is neither rule, macro, list nor requirement. It is left out."
        DeprecatedItem "LOAD_DEPRECATED_ITEM" "Used deprecated item"
            "Something is used that will go away."
        Extension "LOAD_WARNING_EXTENSION" "Warning in extension item"
            "An item of an extension is doubtful."
        AppendNoValues "LOAD_APPEND_NO_VALUES" "Overriding/appending with no values"
            "An exception is changed, but no values are given."
        ExceptionNameNotUnique "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
            "Multiple exceptions defined with the same name"
            "Two exceptions of a rule have the same name."
        InvalidMacroName "LOAD_INVALID_MACRO_NAME" "Invalid macro name"
            "A condition cannot refer to a macro of this name."
        InvalidListName "LOAD_INVALID_LIST_NAME" "Invalid list name"
            "A condition cannot refer to a list of this name."
        CompileCondition "LOAD_COMPILE_CONDITION" "Warning in rule condition"
            "A condition is fine as a text, but may not mean what was meant."
        UnknownKey "LOAD_UNKNOWN_KEY" "Unknown key in item definition"
            "An item has a key that items of its kind do not have: mistyped, or in the wrong place. The key is left out."
    }
}
