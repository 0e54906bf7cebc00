package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    void digestCoversEveryFile() throws IOException {
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
    void reportsAnInvalidPackageName() throws IOException {
        create("bash\n--hook=evil\n");

        assertThatThrownBy(() -> recipes().find("tiny"))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("\"--hook=evil\"")
                .hasMessageContaining("packages.txt");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "a/b", "Base", "base.", "a b", "ä", "a\n", "0123456789012345678901234567890123"})
    void rejectsNamesThatLeadElsewhere(String name) {
        assertThatThrownBy(() -> recipes().find(name))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.INVALID_ARGUMENT));
    }

    @Test
    void imageExtendsItsParent() throws IOException {
        Path parent = create("bash\n");
        Path child = create("child", "extends tiny # and more\njq\n");
        Recipe recipe = recipes().find("child").orElseThrow();

        assertThat(recipe.packages()).containsExactly("jq");
        assertThat(recipe.parent().orElseThrow().name()).isEqualTo("tiny");
        assertThat(recipe.directories()).containsExactly(parent, child);
        Files.writeString(parent.resolve("customize.sh"), "true\n");
        assertThat(recipes().find("child").orElseThrow().digest()).isNotEqualTo(recipe.digest());
    }

    @ParameterizedTest
    @CsvSource({
        "extends other,there is no recipe of image other",
        "extends ../tiny,is not allowed",
        "extends child,never itself",
        "extends grandchild,never itself",
        "'extends tiny\nextends base',extends one other image"
    })
    void reportsAnInvalidParent(String lines, String message) throws IOException {
        create("bash\n");
        create("child", lines + "\n");
        create("grandchild", "extends child\n");

        assertThatThrownBy(() -> recipes().find("child"))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining(message);
    }

    @Test
    void digestOfAUsersImageCoversItsDefinitionAndParent() throws IOException {
        Path parent = create("bash\n");
        ImageDefinition definition = TestManifests.definition("tiny", List.of("jq"), List.of("six==1.17.0"));
        Recipe recipe = recipes().custom("mine", definition);

        assertThat(recipe.packages()).containsExactly("jq");
        assertThat(recipe.definition()).contains(definition);
        assertThat(recipes().custom("mine", definition).digest()).isEqualTo(recipe.digest());
        assertThat(recipes()
                        .custom("mine", TestManifests.definition("tiny", List.of("jq"), List.of("six==1.16.0")))
                        .digest())
                .isNotEqualTo(recipe.digest());
        Files.writeString(parent.resolve("customize.sh"), "true\n");
        assertThat(recipes().custom("mine", definition).digest()).isNotEqualTo(recipe.digest());
    }

    @Test
    void anImageThatPreloadsModulesSaysSoInItsName() throws IOException {
        create("bash\n");
        ImageDefinition numpy = new ImageDefinition("tiny", List.of(), List.of(), List.of("numpy"));
        ImageDefinition pandas = new ImageDefinition("tiny", List.of(), List.of(), List.of("pandas"));

        assertThat(recipes().custom("preloaded", numpy).digest())
                .isNotEqualTo(recipes().custom("preloaded", pandas).digest());
        assertThatThrownBy(() -> recipes().custom("mine", numpy))
                .hasMessage(
                        "Image mine imports modules before programs do, which its name must say; call it mine-preloaded");
        assertThatThrownBy(() -> recipes().custom("m".repeat(32), numpy))
                .hasMessageEndingWith("call it " + "m".repeat(22) + "-preloaded");
    }

    @Test
    void usersImageMustNotTakeANameOfOurs() throws IOException {
        create("bash\n");

        assertThatThrownBy(() -> recipes().custom("tiny", TestManifests.definition("tiny", List.of("jq"), List.of())))
                .hasMessage("Image tiny is one of NeuroVisor's own; choose another name");
        assertThatThrownBy(() -> recipes().custom("mine", TestManifests.definition("other", List.of("jq"), List.of())))
                .hasMessage("There is no image other to build on; there are tiny");
        assertThatThrownBy(() -> recipes().custom("Mine", TestManifests.definition("tiny", List.of("jq"), List.of())))
                .hasMessageContaining("\"Mine\" is not allowed");
    }

    @Test
    void shippedRecipesAreValid() {
        Recipes shipped = new Recipes(Path.of(System.getProperty("neurovisor.home"), "guest", "image"));

        assertThat(shipped.names()).contains("base");
        assertThat(shipped.find("base").orElseThrow().packages()).contains("python3-numpy", "nodejs", "bash");
        assertThat(shipped.find("full").orElseThrow().packages()).contains("golang-go", "rustc");
        assertThat(shipped.find("full").orElseThrow().requirements()).isEmpty();
        Recipe interpreters = shipped.find("interpreter-full").orElseThrow();
        assertThat(interpreters.packages()).contains("r-base-core", "openjdk-25-jdk-headless");
        assertThat(interpreters.requirements().orElseThrow())
                .content()
                .containsPattern("pyarrow==[0-9.]+ --hash=sha256:[0-9a-f]{64}");
        assertThat(shipped.find("full").orElseThrow().parent().orElseThrow().name())
                .isEqualTo("base");
        assertThat(shipped.layer().resolve("unpack.sh")).exists();
    }

    private Recipes recipes() {
        return new Recipes(directory);
    }

    private Path create(String packages) throws IOException {
        Files.createDirectories(directory.resolve("layer"));
        Files.createDirectories(directory.resolve("custom"));
        return create("tiny", packages);
    }

    private Path create(String name, String packages) throws IOException {
        Path home = Files.createDirectories(directory.resolve(name));
        Files.writeString(home.resolve("packages.txt"), packages);
        return home;
    }
}
