package io.neurovisor.server.setting;

/**
 * The value that applies to a setting.
 *
 * @param origin the option, the environment variable, the file with the line, or {@code default}
 */
public record EffectiveValue(Setting<?> setting, String value, String origin) {
    public static final String DEFAULT = "default";
}
