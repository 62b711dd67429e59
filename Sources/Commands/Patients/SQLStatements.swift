import Postgres

/// The only door to this folder's SQL: one handle a file, so that a missing file does not compile.
enum SQL {
    static let lockPatient = SQLStatement(name: "lock_patient", embedded: PackageResources.lock_patient_sql)
    static let readPatient = SQLStatement(name: "read_patient", embedded: PackageResources.read_patient_sql)
    static let readExistingPatients = SQLStatement(
        name: "read_existing_patients", embedded: PackageResources.read_existing_patients_sql)
    static let insertPatient = SQLStatement(name: "insert_patient", embedded: PackageResources.insert_patient_sql)
    static let updatePatient = SQLStatement(name: "update_patient", embedded: PackageResources.update_patient_sql)
    static let ensurePartitions = SQLStatement(
        name: "ensure_patient_partitions", embedded: PackageResources.ensure_patient_partitions_sql)
}
