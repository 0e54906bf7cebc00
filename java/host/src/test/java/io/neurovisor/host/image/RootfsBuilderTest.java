package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.build.BuildScratch;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RootfsBuilderTest {
    @TempDir
    private Path directory;

    @Test
    void copiesNoLayerScriptsForAnImageWithoutAParent() throws IOException {
        Path home = Files.createDirectories(directory.resolve("recipe"));
        Recipe recipe = new Recipe("lab", home, List.of("bash"), Optional.empty(), Optional.empty(), "digest");

        RootfsHooks hooks = builder(recipe, directory.resolve("missing"), Optional.empty())
                .hooks(scratch(), Optional.empty(), Optional.empty());

        assertThat(hooks.parent()).isEmpty();
    }

    @Test
    void copiesTheLayerScriptsForAnImageWithAParent() throws IOException {
        Path home = Files.createDirectories(directory.resolve("recipe"));
        Path layer = Files.createDirectories(directory.resolve("layer"));
        Files.writeString(layer.resolve("unpack.sh"), "exit");
        Path rootfs = Files.writeString(directory.resolve("rootfs"), "image");
        Recipe recipe = new Recipe("full", home, List.of("bash"), Optional.empty(), Optional.empty(), "digest");

        RootfsHooks hooks =
                builder(recipe, layer, Optional.of(rootfs)).hooks(scratch(), Optional.empty(), Optional.empty());

        assertThat(hooks.parent().orElseThrow().scripts().resolve("unpack.sh")).hasContent("exit");
        assertThat(hooks.parent().orElseThrow().rootfs()).hasContent("image");
    }

    private BuildScratch scratch() {
        return BuildScratch.create(new BuildNamespace.None(), directory.resolve("scratch"));
    }

    private static RootfsBuilder builder(Recipe recipe, Path layer, Optional<Path> parent) {
        return new RootfsBuilder(
                recipe,
                layer,
                parent,
                Mmdebstrap.ofHost(new BuildNamespace.None()),
                Supervisor.none(),
                InstantSource.system(),
                Progress.SILENT);
    }
}
