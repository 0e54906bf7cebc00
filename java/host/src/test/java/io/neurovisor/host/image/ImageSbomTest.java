package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.cyclonedx.Version;
import org.cyclonedx.exception.ParseException;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Test;

class ImageSbomTest {
    @Test
    void isValidCycloneDxWithOnePackageUrlEach() throws Exception {
        byte[] sbom = ImageSbom.of(TestManifests.imageOfAPersonsOwn());
        JsonParser parser = new JsonParser();

        assertThat(parser.validate(new String(sbom, java.nio.charset.StandardCharsets.UTF_8), Version.VERSION_16))
                .isEmpty();
        Bom bom = parser.parse(sbom);
        assertThat(bom.getComponents())
                .extracting(Component::getPurl)
                .containsExactly(
                        "pkg:deb/debian/bash@5.2.37-2%2Bb10?arch=amd64&distro=trixie",
                        "pkg:deb/debian/libstdc%2B%2B6@1%3A14.2.0-19?arch=amd64&distro=trixie", "pkg:pypi/six@1.17.0");
        assertThat(bom.getMetadata().getComponent().getHashes())
                .singleElement()
                .satisfies(hash -> assertThat(hash.getValue()).isEqualTo("b".repeat(64)));
    }

    @Test
    void isTheSameForTheSameImage() throws ParseException {
        assertThat(ImageSbom.of(TestManifests.image())).isEqualTo(ImageSbom.of(TestManifests.image()));
    }
}
