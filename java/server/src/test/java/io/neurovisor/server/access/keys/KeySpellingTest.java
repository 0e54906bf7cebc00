package io.neurovisor.server.access.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KeySpellingTest {
    @Test
    void bothSpellingsAreOneSecret() {
        String own = KeySecret.random(new SecureRandom()).reveal();
        String other = KeySpelling.toE2b(own).orElseThrow();
        assertThat(other).matches("e2b_[0-9a-f]{64}");
        assertThat(KeySpelling.ofE2b(other)).contains(own);
        assertThat(KeySpelling.ofE2b(own)).contains(own);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "e2b_", "e2b_00", "nvk_short", "e2b_zz", "sk-1"})
    void anyOtherTextIsNone(String text) {
        assertThat(KeySpelling.ofE2b(text)).isEmpty();
        assertThat(KeySpelling.toE2b(text)).isEmpty();
    }
}
