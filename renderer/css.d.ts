// CSS modules give class names; a name that the file does not have is undefined, which React leaves out.
declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}
declare module '*.css';
declare module '@fontsource-variable/inter/*.css';
