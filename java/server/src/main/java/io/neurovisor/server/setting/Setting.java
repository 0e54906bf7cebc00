package io.neurovisor.server.setting;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * The declaration of a setting. Its option, environment variable, key in the file, completion, help and documentation are
 * derived from it.
 *
 * @param name the key in the file, and the option without dashes
 * @param variable the environment variable
 * @param group the settings that commands accept together with this one
 * @param type how values are written
 * @param defaultValue the value that applies when no source sets one
 * @param defaultText the default as documentation states it
 * @param description the setting in one or two sentences
 * @param bareValue the value of the option when it is written without one; empty if the option requires a value
 */
public record Setting<T>(
        String name,
        String variable,
        SettingGroup group,
        SettingType<T> type,
        Function<ProcessEnvironment, T> defaultValue,
        String defaultText,
        String description,
        Optional<String> bareValue) {
    /** Begins the declaration of a setting whose variable is derived from its name. */
    public static Builder declare(String name, SettingGroup group, String description) {
        return new Builder(name, group, description);
    }

    public String flag() {
        return "--" + name;
    }

    public String print(T value) {
        return type.printer().apply(value);
    }

    public static final class Builder {
        private final String name;
        private final SettingGroup group;
        private final String description;
        private String variable;
        private String standard = "";
        private String explanation = "";
        private Optional<String> bareValue = Optional.empty();

        private Builder(String name, SettingGroup group, String description) {
            this.name = name;
            this.group = group;
            this.description = description;
            this.variable = "NEUROVISOR_" + name.replace('-', '_').toUpperCase(Locale.ROOT);
        }

        /** Sets an environment variable that is not derived from the name. */
        public Builder variable(String other) {
            variable = other;
            return this;
        }

        /** Sets the default, as a user would write it. */
        public Builder defaultsTo(String text) {
            standard = text;
            return this;
        }

        /** Sets a default that needs an explanation. */
        public Builder defaultsTo(String text, String meaning) {
            explanation = ", " + meaning;
            return defaultsTo(text);
        }

        /** Allows the option without a value, which then counts as this one. */
        public Builder bareValue(String value) {
            bareValue = Optional.of(value);
            return this;
        }

        /** Returns the declaration; its default is parsed when it is needed. */
        public <T> Setting<T> as(SettingType<T> type) {
            return as(type, _ -> type.parser().apply(standard).orElseThrow());
        }

        /** Returns the declaration of a setting whose default depends on the environment of the process. */
        public <T> Setting<T> as(SettingType<T> type, Function<ProcessEnvironment, T> defaultValue) {
            return new Setting<>(
                    name, variable, group, type, defaultValue, standard + explanation, description, bareValue);
        }
    }
}
