import Postgres

/// The only door to this folder's SQL: one handle a file, so that a missing file does not compile.
enum SQL {
    static let lockPractitioner = SQLStatement(
        name: "lock_practitioner", embedded: PackageResources.lock_practitioner_sql)
    static let readPractitioner = SQLStatement(
        name: "read_practitioner", embedded: PackageResources.read_practitioner_sql)
    static let writePractitioner = SQLStatement(
        name: "write_practitioner", embedded: PackageResources.write_practitioner_sql)
    static let drawPractitionerNumber = SQLStatement(
        name: "draw_practitioner_number", embedded: PackageResources.draw_practitioner_number_sql)
    static let pagePractitioners = SQLStatement(
        name: "page_practitioners", embedded: PackageResources.page_practitioners_sql)
    static let readException = SQLStatement(name: "read_exception", embedded: PackageResources.read_exception_sql)
    static let insertException = SQLStatement(
        name: "insert_exception", embedded: PackageResources.insert_exception_sql)
    static let removeException = SQLStatement(
        name: "remove_exception", embedded: PackageResources.remove_exception_sql)
    static let pageExceptions = SQLStatement(name: "page_exceptions", embedded: PackageResources.page_exceptions_sql)
    static let ensurePartitions = SQLStatement(
        name: "ensure_practitioner_partitions", embedded: PackageResources.ensure_practitioner_partitions_sql)
}
