package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Modules of the Rust programs do not import each other in a cycle. */
@Tag("rule")
final class RustModulesTest {
    @ParameterizedTest
    @ValueSource(strings = {"guest/agent/src", "seccomp/src", "spawner/src"})
    void modulesHaveNoImportCycles(String sources) throws IOException {
        assertThat(RustModules.in(CommandLineRun.home().resolve(sources)).cycles())
                .isEmpty();
    }

    @Test
    void findsACycleOfGroupedAndExportedNames(@TempDir Path sources) throws IOException {
        write(sources, "main.rs", "mod a;\nmod b;\nmod c;\n");
        write(sources, "a.rs", "use crate::{b::{self, B}, c::C};\n");
        write(sources, "b/mod.rs", "mod inner;\npub use inner::B;\n");
        write(sources, "b/inner.rs", "fn call() {\n    super::super::c::call();\n}\n");
        write(sources, "c.rs", "//! Not an import: crate::a.\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n");
        assertThat(RustModules.in(sources).cycles()).isEmpty();
        write(sources, "c.rs", "use crate::b::B;\n");
        assertThat(RustModules.in(sources).cycles()).containsExactly("b -> c -> b");
    }

    @Test
    void findsACycleBetweenChildrenOfAModule(@TempDir Path sources) throws IOException {
        write(sources, "main.rs", "mod a;\n");
        write(sources, "a/mod.rs", "mod x;\nmod y;\npub use y::{Y as Exported, Z};\n");
        write(sources, "a/x.rs", "use super::Z;\n");
        write(sources, "a/y.rs", "use super::x::X;\n");
        assertThat(RustModules.in(sources).cycles()).containsExactly("a::x -> a::y -> a::x");
    }

    private static void write(Path directory, String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
