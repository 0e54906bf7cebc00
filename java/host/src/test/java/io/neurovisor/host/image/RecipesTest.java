package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecipesTest {
    @TempDir
    private Path directory;

    @Test
    void readsPackagesWithoutComments() throws IOException {
        create("# all\n\nbash # a shell\n libstdc++6 \n");

        assertThat(recipes().names()).containsExactly("tiny");
        assertThat(recipes().find("tiny").orElseThrow().packages()).containsExactly("bash", "libstdc++6");
        assertThat(recipes().find("other")).isEmpty();
    }

    @Test
    void digestFollowsEveryFile() throws IOException {
        Path home = create("bash\n");
        String first = recipes().find("tiny").orElseThrow().digest();
        assertThat(recipes().find("tiny").orElseThrow().digest()).isEqualTo(first);

        Files.writeString(home.resolve("customize.sh"), "true\n");
        String second = recipes().find("tiny").orElseThrow().digest();
        Files.move(home.resolve("customize.sh"), home.resolve("other.sh"));

        assertThat(second).isNotEqualTo(first);
        assertThat(recipes().find("tiny").orElseThrow().digest()).isNotIn(first, second);
    }

    @Test
    void whatIsNotAPackageIsNamed() throws IOException {
        create("bash\n--hook=evil\n");

        assertThatThrownBy(() -> recipes().find("tiny"))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("\"--hook=evil\"")
                .hasMessageContaining("packages.txt");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "a/b", "Base", "base.", "a b", "ä", "a\n", "0123456789012345678901234567890123"})
    void namesThatCouldBecomeOtherPathsAreRefused(String name) {
        assertThatThrownBy(() -> recipes().find(name))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.INVALID_ARGUMENT));
    }

    @Test
    void theRecipesWeShipAreWellFormed() {
        Recipes shipped = new Recipes(Path.of(System.getProperty("neurovisor.home"), "guest", "image"));

        assertThat(shipped.names()).contains("base");
        assertThat(shipped.find("base").orElseThrow().packages()).contains("python3-numpy", "nodejs", "bash");
    }

    private Recipes recipes() {
        return new Recipes(directory);
    }

    private Path create(String packages) throws IOException {
        Path home = Files.createDirectories(directory.resolve("tiny"));
        Files.writeString(home.resolve("packages.txt"), packages);
        return home;
    }
}
