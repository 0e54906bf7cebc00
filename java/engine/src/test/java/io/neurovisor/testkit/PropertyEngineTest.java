package io.neurovisor.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import net.jqwik.api.Property;
import net.jqwik.engine.JqwikTestEngine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that the property test library contains no text with instructions for AI agents. */
final class PropertyEngineTest {
    private static final Pattern ADDRESSED_TO_AGENTS =
            Pattern.compile("\\bAI\\b|\\bLLMs?\\b|(?i:disregard|ignore all|previous instructions)");

    @ParameterizedTest
    @ValueSource(classes = {JqwikTestEngine.class, Property.class})
    void hasNoTextForAgents(Class<?> partOfTheLibrary) throws IOException, URISyntaxException {
        Path jar = Path.of(partOfTheLibrary
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        List<String> classesWithSuchText = new ArrayList<>();
        int classes = 0;
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : file.stream().toList()) {
                if (entry.getName().endsWith(".class")) {
                    classes++;
                    try (InputStream content = file.getInputStream(entry)) {
                        String text = new String(content.readAllBytes(), StandardCharsets.ISO_8859_1);
                        if (ADDRESSED_TO_AGENTS.matcher(text).find()) {
                            classesWithSuchText.add(entry.getName());
                        }
                    }
                }
            }
        }
        assertThat(classes).as("classes in %s", jar).isPositive();
        assertThat(classesWithSuchText)
                .as("classes of %s with text for AI agents", jar)
                .isEmpty();
    }
}
