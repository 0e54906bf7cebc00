package io.neurovisor.host.guestkernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests {@code check-config.sh}, which detects options that Kconfig dropped before the kernel is compiled for ten
 * minutes.
 */
class KernelConfigurationCheckTest {
    private static final Path RECIPE = Path.of(System.getProperty("neurovisor.home"), "guest", "kernel");

    private static final String CONFIG = """
            # A comment.
            CONFIG_NET=y
            CONFIG_NAME="guest"
            CONFIG_NR_CPUS=32
            # CONFIG_MODULES is not set
            CONFIG_OPTION_LONG=y
            """;

    private static final String SYMBOLS = """
            CONFIG_NET
            CONFIG_NAME
            CONFIG_NR_CPUS
            CONFIG_MODULES
            CONFIG_ABSENT
            CONFIG_OPTION
            CONFIG_OPTION_LONG
            """;

    @TempDir
    private Path directory;

    @Test
    void acceptsOptionsThatTookEffect() throws IOException {
        ToolResult result = check("""
                # Why.

                CONFIG_NET=y
                CONFIG_NAME="guest"
                CONFIG_NR_CPUS=32
                CONFIG_MODULES=n
                CONFIG_ABSENT=n
                """);

        assertThat(result.exitCode()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    CONFIG_MODULES=y      | CONFIG_MODULES=y was dropped by Kconfig (CONFIG_MODULES is not set)
                    CONFIG_ABSENT=y       | CONFIG_ABSENT=y was dropped by Kconfig (CONFIG_ABSENT is not set)
                    CONFIG_OPTION=y       | CONFIG_OPTION=y was dropped by Kconfig (CONFIG_OPTION is not set)
                    CONFIG_NR_CPUS=8      | CONFIG_NR_CPUS=8 was dropped by Kconfig (CONFIG_NR_CPUS=32)
                    CONFIG_NET=n          | CONFIG_NET=n was overruled by Kconfig (CONFIG_NET=y)
                    CONFIG_TYPO=n         | CONFIG_TYPO is no option of this kernel
                    CONFIG_TYPO=y         | CONFIG_TYPO is no option of this kernel
                    NET=y                 | "NET=y" has not the form CONFIG_NAME=value
                    '# CONFIG_NET is not set' | the fragment is empty
                    """)
    void reportsAnOptionThatDidNotTakeEffect(String line, String problem) throws IOException {
        ToolResult result = check(line + "\n");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.messages()).containsExactly("E: kernel configuration: " + problem);
    }

    @Test
    void reportsAllOptionsTogether() throws IOException {
        assertThat(check("CONFIG_NET=y\nCONFIG_NET=y\nCONFIG_MODULES=y\n").messages())
                .containsExactly("E: kernel configuration: CONFIG_NET is in the fragment twice;"
                        + " CONFIG_MODULES=y was dropped by Kconfig (CONFIG_MODULES is not set)");
    }

    private ToolResult check(String fragment) throws IOException {
        return Tool.of(ToolCommand.of(
                        "sh",
                        "dash",
                        RECIPE.resolve("check-config.sh").toString(),
                        Files.writeString(directory.resolve("fragment"), fragment)
                                .toString(),
                        Files.writeString(directory.resolve("config"), CONFIG).toString(),
                        Files.writeString(directory.resolve("symbols"), SYMBOLS).toString()))
                .run();
    }
}
