-- Fingerprints of a guest's SSH host keys, as it first reported them: 'SHA256:… (ED25519)'.
ALTER TABLE vm ADD COLUMN guest_host_keys text[] NOT NULL DEFAULT '{}';
