package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

/**
 * What a setting has come to.
 *
 * @param origin the flag, the variable, the file with the line, or {@code default}
 */
public record EffectiveValue(Setting<?> setting, String value, String origin) {
    public EffectiveValue {
        requireNonNull(setting, "setting is null");
        requireNonNull(value, "value is null");
        requireNonNull(origin, "origin is null");
    }
}
