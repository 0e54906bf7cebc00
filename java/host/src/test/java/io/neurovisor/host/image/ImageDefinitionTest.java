package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDefinitionTest {
    @Test
    void sortsPackagesWithoutDuplicates() {
        assertThat(new ImageDefinition("base", List.of("jq", "bc", "jq"), List.of()).packages())
                .containsExactly("bc", "jq");
    }

    @Test
    void ignoresCommentsInRequirements() {
        ImageDefinition definition = new ImageDefinition("base", List.of("jq"), List.of("# none", "", "  # at all"));

        assertThat(definition.hasRequirements()).isFalse();
        assertThat(new ImageDefinition("base", List.of(), List.of("# one", "six")).hasRequirements())
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

    private static void assertRefused(String message, List<String> packages, List<String> requirements) {
        assertThatThrownBy(() -> new ImageDefinition("base", packages, requirements))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.INVALID_ARGUMENT))
                .hasMessageContaining(message);
    }
}
