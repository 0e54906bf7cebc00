package io.neurovisor.tests.hostile.programs;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.fixtures.UnpackedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs hostile programs as processes of an ordinary user on the host, to show the effect of the machine. Only programs that inspect the
 * kernel and the system, which do no harm if they succeed.
 */
@Tag("hostile")
final class HostileWithoutMachineIT {
    private static final Set<String> HARMLESS = Set.of("kernel", "information");

    @Test
    void withoutAMachineTheyFindTheHost(@TempDir Path directory) throws IOException {
        Path rootfs = InstalledComponents.images(TestMachines.settings())
                .boot("base", Progress.SILENT)
                .rootfs();
        List<HostileProgram> programs = HostileProgram.all().stream()
                .filter(program -> HARMLESS.contains(program.group()) && program.language() == Language.PYTHON)
                .toList();
        Set<String> escaped = new TreeSet<>();
        try (UnpackedImage machine = new UnpackedImage(rootfs, directory.resolve("root"))) {
            for (HostileProgram program : programs) {
                Path work = Files.createDirectories(directory.resolve(program.toString()));
                for (InputFile file : program.program().files()) {
                    Files.writeString(work.resolve(file.path()), StandardCharsets.UTF_8.decode(file.content()));
                }
                UnpackedImage.Run run = machine.python(program.program(), work);
                if (run.stdout().contains("ESCAPED")) {
                    escaped.add(program.toString());
                }
            }
        }
        System.out.println("without a machine: " + escaped.size() + " of " + programs.size() + " escaped: " + escaped);
        // Other escapes depend on the host; all of these programs identify it.
        assertThat(escaped).contains("information/host_name", "information/names");
    }
}
