<?php
// SimpleSAMLphp as an identity provider for the tests. PEER_FOLDER has its keys (idp.key, idp.crt), the metadata of whoever asks (sp.xml) and
// what it keeps; PEER_URL is its address, PEER_ROOT where Debian's package was taken apart.

$folder = getenv('PEER_FOLDER');
$config = [
    'baseurlpath' => getenv('PEER_URL') . '/',
    'certdir' => "$folder/",
    'loggingdir' => "$folder/",
    'datadir' => "$folder/",
    'tempdir' => "$folder/tmp",
    'metadatadir' => __DIR__ . '/metadata/',
    'attributenamemapdir' => getenv('PEER_ROOT') . '/etc/simplesamlphp/attributemap/',
    'secretsalt' => 'of the tests',
    'auth.adminpassword' => bin2hex(random_bytes(16)),
    'admin.protectmetadata' => false,
    'admin.checkforupdates' => false,
    'timezone' => 'UTC',
    'debug' => ['saml' => false, 'backtraces' => true, 'validatexml' => true],
    'showerrors' => true,
    'errorreporting' => false,
    'logging.level' => SimpleSAML\Logger::NOTICE,
    'logging.handler' => 'file',
    'logging.logfile' => 'simplesamlphp.log',
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => $folder,
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'language.cookie.samesite' => null,
    'metadata.sources' => [['type' => 'flatfile'], ['type' => 'xml', 'file' => "$folder/sp.xml"]],
    'metadata.sign.enable' => true,
    'metadata.sign.privatekey' => 'idp.key',
    'metadata.sign.certificate' => 'idp.crt',
];
