package vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/** The fingerprints are those that ssh-keygen -l gave for these keys. */
class HostKeysTest {
    private static final String ED25519 =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDEbVhTz8ROaYmLRMia3EFm30EH0ZRxLrBE6k3N9uK0N";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDEbVhTz8ROaYmLRMia3EFm30EH0ZRxLrBE6k3N9uK0N | SHA256:JpEnbon5qb9iyAyDl+G3anqaYxw/THPFPqCCRIjrYbY (ED25519)
                    ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPxs7ltba/oovvbsgyhGYuS7OQxaRfw4U61F9/1pw0CUFra9u2ZzmKMSI7b/dryIk1dNyL64uy5zf8TgEdUVS9U= root@host | SHA256:oqtPpXmeL0XySa0+2+cc4K/5TYJPtpmDU49N4YfUS8o (ECDSA)
                    """)
    void aKeyIsShownAsSshShowsIt(String key, String fingerprint) {
        assertThat(HostKeys.fingerprints(List.of(key))).containsExactly(fingerprint);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ssh-ed25519",
                "ssh-ed25519 AAAA",
                "ssh-ed25519 no base64!",
                "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIDEbVhTz8ROaYmLRMia3EFm30EH0ZRxLrBE6k3N9uK0N",
                "ssh-ed25519 f////w==",
                "ssh-ed25519 /////w==",
            })
    void whatIsNoKeyIsLeftOut(String key) {
        assertThat(HostKeys.fingerprints(List.of(key))).isEmpty();
    }

    @Test
    void eachKeyIsShownOnce() {
        assertThat(HostKeys.fingerprints(List.of(ED25519, ED25519 + " again"))).hasSize(1);
    }
}
