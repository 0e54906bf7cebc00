package io.neurovisor.cli.options;

import io.neurovisor.server.setting.SettingGroup;
import picocli.CommandLine.Mixin;

/** The options of every command that runs the programs of a language model. */
@AcceptsSettings({SettingGroup.POOL, SettingGroup.MODEL, SettingGroup.TIMEOUT})
public final class ModelWorkOptions {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    public GuestOptions guest() {
        return guest;
    }
}
