package io.neurovisor.host.guestkernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.cyclonedx.Version;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Property;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Test;

class KernelSbomTest {
    @Test
    void distinguishesSourceFromTools() throws Exception {
        byte[] sbom = KernelSbom.of(TestKernelManifests.smallKernel());
        JsonParser parser = new JsonParser();

        assertThat(parser.validate(new String(sbom, UTF_8), Version.VERSION_16)).isEmpty();
        Bom bom = parser.parse(sbom);
        assertThat(bom.getComponents())
                .extracting(Component::getPurl)
                .containsExactly("pkg:deb/debian/linux-source-6.12@6.12.1-1?arch=all&distro=trixie");
        assertThat(bom.getMetadata().getToolChoice().getComponents())
                .extracting(Component::getPurl)
                .containsExactly("pkg:deb/debian/gcc@4%3A14.2.0-1?arch=amd64&distro=trixie");
        assertThat(bom.getMetadata().getComponent().getProperties())
                .extracting(Property::getValue)
                .isEqualTo(List.of("f".repeat(64), "5".repeat(64), "gcc 14", "ld 2.44"));
    }
}
