package io.neurovisor.cli.options;

import io.neurovisor.server.setting.SettingGroup;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names the settings that a command accepts as options, or every command that mixes in the annotated class. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface AcceptsSettings {
    /** The groups, in the order of the help. */
    SettingGroup[] value();
}
