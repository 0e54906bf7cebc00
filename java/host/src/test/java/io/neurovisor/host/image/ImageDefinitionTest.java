package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDefinitionTest {
    @Test
    void sortsPackagesWithoutDuplicates() {
        assertThat(TestManifests.definition("base", List.of("jq", "bc", "jq"), List.of())
                        .packages())
                .containsExactly("bc", "jq");
    }

    @Test
    void ignoresCommentsInRequirements() {
        ImageDefinition definition =
                TestManifests.definition("base", List.of("jq"), List.of("# none", "", "  # at all"));

        assertThat(definition.hasRequirements()).isFalse();
        assertThat(TestManifests.definition("base", List.of(), List.of("# one", "six"))
                        .hasRequirements())
                .isTrue();
        assertRefused("needs packages", List.of(), List.of("# none"));
        assertRefused("needs packages", List.of(), List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "-q", "A b", "jq; rm -rf /", "$(id)", "jq=1", "--force-yes"})
    void rejectsInvalidPackageNames(String name) {
        assertRefused("is not the name of a Debian package", List.of(name), List.of());
    }

    @Test
    void rejectsLinesThatDoNotFitIntoAManifest() {
        assertRefused("has 4001 characters", List.of(), List.of("x".repeat(4001)));
        assertRefused("holds control characters", List.of(), List.of("six\u0000"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1a", "a b", "a;b", "$(id)", "a..b", ".a", "a.", "--x", "a\nb", "\u00e9"})
    void rejectsInvalidModules(String name) {
        assertInvalid("is not the name of a Python module", List.of("numpy", name));
    }

    @Test
    void modulesAreImportedInTheirOrderOnce() {
        assertThat(new ImageDefinition("base", List.of(), List.of(), List.of("pandas", "a.b", "pandas")).preload())
                .containsExactly("pandas", "a.b");
        assertThat(new ImageDefinition("base", List.of("jq"), List.of(), null).preload())
                .isEmpty();
        assertInvalid(
                "51 modules are to be imported before, at most 50 are allowed",
                IntStream.range(0, 51).mapToObj(number -> "m" + number).toList());
    }

    private static void assertInvalid(String message, List<String> preload) {
        assertThatThrownBy(() -> new ImageDefinition("base", List.of(), List.of(), preload))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.INVALID_ARGUMENT))
                .hasMessageContaining(message);
    }

    private static void assertRefused(String message, List<String> packages, List<String> requirements) {
        assertThatThrownBy(() -> TestManifests.definition("base", packages, requirements))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.INVALID_ARGUMENT))
                .hasMessageContaining(message);
    }
}
