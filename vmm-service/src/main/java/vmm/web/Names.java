package vmm.web;

/** What a name of a pool, a VM type, a cloud or a schedule looks like, for {@code @Pattern}. */
public final class Names {

    public static final String PATTERN = "[a-z0-9][a-z0-9-]{0,62}";
    public static final String MESSAGE =
            "is no name: use a-z, 0-9 and '-', beginning with a letter or digit, at most 63"
                    + " characters";

    private Names() {}
}
