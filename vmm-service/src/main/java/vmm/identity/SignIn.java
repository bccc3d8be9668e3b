package vmm.identity;

/** A person and the hash of their password. */
record SignIn(Person person, String passwordHash) {

    @Override
    public String toString() {
        return "SignIn[" + person.name() + "]"; // never the hash
    }
}
