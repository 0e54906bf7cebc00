package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.host.image.ImageDefinition;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.setting.SettingGroup;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Builds a root image: a standard one, or a custom one that the options define. */
@Command(
        name = "build",
        description = "Builds an image unless it exists and is up to date.",
        mixinStandardHelpOptions = true,
        customSynopsis = {
            "neurovisor image build [OPTIONS] [IMAGE]",
            "       neurovisor image build --name NAME [--from IMAGE] [--apt PACKAGE...]",
            "                              [--pip-requirements FILE] [--preload MODULE...]"
        })
@AcceptsSettings(SettingGroup.IMAGE_BUILD)
final class ImageBuildCommand implements Runnable {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Parameters(
            paramLabel = "IMAGE",
            arity = "0..1",
            description = "base, full, interpreter-full, or an existing custom image. Default: base.")
    private @Nullable String image;

    @Option(
            names = "--rebuild",
            description = "Build IMAGE again, with the current packages of Debian and the Python index.")
    private boolean rebuild;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Build a custom image of this name: 1 to 32 lowercase letters, digits and dashes.")
    private @Nullable String name;

    @Option(
            names = "--from",
            paramLabel = "IMAGE",
            description = "The base of the custom image: base, full or interpreter-full. Default: base.")
    private @Nullable String from;

    @Option(
            names = "--apt",
            paramLabel = "PACKAGE",
            arity = "1..*",
            description = "Add Debian packages to the custom image. Repeatable.")
    private List<String> packages = List.of();

    @Option(
            names = "--pip-requirements",
            paramLabel = "FILE",
            description = "Add the Python packages of a pip requirements file to the custom image.")
    private @Nullable Path requirements;

    @Option(
            names = "--preload",
            paramLabel = "MODULE",
            arity = "1..*",
            description =
                    "Import Python modules in templates of the custom image, for the first context of each sandbox."
                            + " The name of the image must contain \"preloaded\". Repeatable.")
    private List<String> preload = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        checkCombination();
        String built = name != null ? name : image != null ? image : ExecutionRequest.USUAL_IMAGE;
        new DataDirectory(common.config().dataDir()).claim();
        try (ConsoleProgress progress = common.progress();
                SpawnerSupervisor supervisor = InstalledComponents.supervisor(common.settings())) {
            Images images = InstalledComponents.images(common.settings(), supervisor);
            if (name != null) {
                images.define(name, definition(), progress);
            } else if (rebuild) {
                images.rebuild(built, progress);
            } else {
                images.boot(built, progress);
            }
        }
        common.tell(spec.commandLine().getErr(), "image " + built + " is ready");
    }

    private ImageDefinition definition() {
        return new ImageDefinition(
                from != null ? from : ExecutionRequest.USUAL_IMAGE,
                packages,
                requirements == null ? List.of() : new RequirementsFile(requirements).lines(),
                preload);
    }

    private void checkCombination() {
        if (name == null && (from != null || !packages.isEmpty() || requirements != null || !preload.isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--from, --apt, --pip-requirements and --preload define a custom image; add --name");
        }
        if (name != null && image != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "name a custom image by --name or an existing one as IMAGE (" + image + "), not both");
        }
        if (name != null && rebuild) {
            throw new ParameterException(
                    spec.commandLine(), "--rebuild takes an existing image: image build --rebuild " + name);
        }
    }
}
