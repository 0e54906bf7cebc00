package io.neurovisor.host.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import org.junit.jupiter.api.Test;

class InstalledPackageTest {
    @Test
    void parsesAndSorts() {
        assertThat(InstalledPackage.parse("b\t1\tamd64\tsb\t1\na\t2:1.0-1+b1\tall\tsa\t2:1.0-1\n"))
                .containsExactly(
                        new InstalledPackage("a", "2:1.0-1+b1", "all", "sa", "2:1.0-1"),
                        new InstalledPackage("b", "1", "amd64", "sb", "1"));
    }

    @Test
    void rejectsOtherLines() {
        assertThatThrownBy(() -> InstalledPackage.parse("a 1 amd64\n"))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("\"a 1 amd64\"");
    }
}
