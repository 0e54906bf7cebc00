package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.setting.SettingGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Builds the kernel and the root image while the launcher still compiles the guest agent. */
@Command(name = PrepareImageCommand.NAME, hidden = true)
@AcceptsSettings(SettingGroup.IMAGE_BUILD)
public final class PrepareImageCommand implements Runnable {
    public static final String NAME = "prepare-image";

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Override
    public void run() {
        new DataDirectory(common.config().dataDir()).claim();
        try (ConsoleProgress progress = common.progress();
                SpawnerSupervisor supervisor = InstalledComponents.supervisor(common.settings())) {
            InstalledComponents.images(common.settings(), supervisor).prepare(ExecutionRequest.USUAL_IMAGE, progress);
        }
    }
}
