package io.neurovisor.engine.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LanguageTest {
    @ParameterizedTest
    @CsvSource({
        "python,PYTHON",
        "python3,PYTHON",
        "Python,PYTHON",
        "bash,BASH",
        "sh,BASH",
        "shell,BASH",
        " bash ,BASH",
        "javascript,JAVASCRIPT",
        "JavaScript,JAVASCRIPT",
        "node,JAVASCRIPT",
        "js,JAVASCRIPT",
        "go,GO",
        "golang,GO",
        "rust,RUST",
        "rs,RUST"
    })
    void acceptsEveryName(String name, Language language) {
        assertThat(Language.named(name)).isEqualTo(language);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "perl", "python2", "../python"})
    void rejectsAnUnknownName(String name) {
        assertThatThrownBy(() -> Language.named(name))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.UNKNOWN_LANGUAGE))
                .hasMessageContaining("python, bash, javascript, go, rust");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "primes.py,'',PYTHON",
                "a/b/run.sh,'',BASH",
                "run.bash,'',BASH",
                "server.js,'',JAVASCRIPT",
                "module.mjs,'',JAVASCRIPT",
                "script,#!/usr/bin/env node,JAVASCRIPT",
                "main.go,'',GO",
                "main.rs,'',RUST",
                "script,#!/usr/bin/env python3,PYTHON",
                "script,#!/usr/bin/env -S python3 -u,PYTHON",
                "script,#!/bin/bash -e,BASH",
                "script,#! /bin/sh,BASH",
                "script,#!/usr/bin/perl python3,none",
                "script,python3,none",
                "notes.txt,'',none"
            })
    void detectsTheLanguageOfAFile(String file, String firstLine, Language language) {
        if (language == null) {
            assertThat(Language.ofFile(file, firstLine)).isEmpty();
        } else {
            assertThat(Language.ofFile(file, firstLine)).contains(language);
        }
    }

    @ParameterizedTest
    @CsvSource({"PYTHON,base", "BASH,base", "JAVASCRIPT,base", "GO,full", "RUST,full"})
    void everyLanguageHasAnImage(Language language, String image) {
        assertThat(language.image()).isEqualTo(image);
    }

    @Test
    void listsAllLabels() {
        assertThat(Language.known()).isEqualTo("python, bash, javascript, go, rust");
    }
}
